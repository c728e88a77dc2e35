//! Checks an answer against the whole catalogue by brute force, sharing no code with the search.

use crate::advisor::Answer;
use crate::cars::{Car, Catalogue};
use serde_json::Value;

mod split;

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub kind: Kind,
    pub what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A car that breaks a need.
    Breaks,
    /// A car or a figure that the catalogue doesn't have.
    Invented,
    /// Cars that fit and were kept back, or were put behind those that only may.
    KeptBack,
    /// Cars though nothing was asked for.
    Uncalled,
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

/// Every car, with its JSON.
pub struct Oracle {
    cars: Vec<(Car, Value)>,
}

impl Oracle {
    pub fn of(catalogue: &Catalogue) -> Self {
        let cars = catalogue.rows().iter().map(|row| {
            let car = catalogue.car(row);
            let mut json = json_of(&car);
            // EPA's "330i Sedan" is of the "3 Series": people name either.
            json["base"] = catalogue.entry(row).base.into();
            (car, json)
        });
        Oracle {
            cars: cars.collect(),
        }
    }

    /// Every car, in the catalogue's order.
    pub fn cars(&self) -> impl Iterator<Item = &Car> {
        self.cars.iter().map(|(car, _)| car)
    }

    /// Whether one of the cars at these places meets these needs or may, whatever its year where none is asked for.
    pub fn one_fits(&self, places: &[usize], needs: &[String]) -> bool {
        let mut needs = needs.to_vec();
        needs.push("year_min=0".to_owned());
        places.iter().any(|at| meets(&self.cars[*at].1, &needs))
    }

    /// Whether any car at all surely meets these needs.
    pub fn something_fits(&self, needs: &[String]) -> bool {
        let mut cars = self.cars.iter();
        cars.any(|(_, json)| meets(json, needs) && !lacks(json, needs))
    }

    /// What is wrong with an answer to these needs (`field=value`): cars that break one, cars or figures that don't
    /// exist, cars kept back.
    pub fn complaints(&self, needs: &[String], answer: &Answer) -> Vec<Complaint> {
        let mut wrong = Vec::new();
        let mut put = |kind, what| wrong.push(Complaint { kind, what });
        for car in &answer.cars {
            let plain = Car {
                why: Vec::new(),
                ..car.clone()
            };
            match self.cars.iter().find(|(known, _)| *known == plain) {
                None => put(
                    Kind::Invented,
                    format!("{} is not in the catalogue as shown", car.id),
                ),
                Some((_, json)) if !meets(json, needs) => {
                    put(Kind::Breaks, format!("{} breaks {needs:?}", car.id));
                }
                Some(_) => {}
            }
        }
        let surely = |json: &Value| meets(json, needs) && !lacks(json, needs);
        let sure: Vec<bool> = answer
            .cars
            .iter()
            .map(|car| {
                let known = self.cars.iter().find(|(known, _)| known.id == car.id);
                known.is_some_and(|(_, json)| surely(json))
            })
            .collect();
        if !sure.is_sorted_by_key(|sure| !sure) {
            put(
                Kind::KeptBack,
                "a car that may fit stands before one that does".to_owned(),
            );
        }
        if !answer.cars.is_empty() && !sure[0] && self.cars.iter().any(|(_, json)| surely(json)) {
            put(
                Kind::KeptBack,
                "cars surely fit, but only some that may are shown".to_owned(),
            );
        }
        let searched = !needs.is_empty();
        if searched && answer.cars.is_empty() && self.cars.iter().any(|(_, json)| surely(json)) {
            put(Kind::KeptBack, "cars fit, but none is shown".to_owned());
        }
        if !searched && !answer.cars.is_empty() {
            put(
                Kind::Uncalled,
                "cars are shown though nothing was asked for".to_owned(),
            );
        }
        for (at, car) in answer.cars.iter().enumerate() {
            let start = format!("{}. **", at + 1);
            match answer.text.lines().find(|line| line.starts_with(&start)) {
                Some(line) => {
                    let others = self.others(line, car, answer);
                    if let Some(what) = invented(line, car, &others, &answer.text) {
                        put(Kind::Invented, what);
                    }
                }
                None => put(
                    Kind::KeptBack,
                    format!("{} has no line in the text", car.id),
                ),
            }
        }
        wrong
    }

    /// The numbers that a line may give beside those of its own car: of another car that is set side by side with it, or that is
    /// shown and that the line names after "but", and of the same model with the same fuel where its own figure isn't known.
    fn others(&self, line: &str, car: &Car, answer: &Answer) -> Vec<String> {
        let mut others: Vec<String> = Vec::new();
        let against = line.split_once("; but ").map_or("", |(_, against)| against);
        let against = against.replace('\\', "");
        for other in &answer.cars {
            let is_compared = answer.compared.contains(&other.id);
            if is_compared || against.contains(&format!("{} {}", other.make, other.model)) {
                others.extend(own(other));
            }
        }
        let kind = |car: &Car| {
            let first = car.model.split(' ').next().unwrap_or("").to_lowercase();
            (car.make.clone(), car.fuel, first)
        };
        if line.contains("unknown") {
            let same = self.cars.iter().map(|(other, _)| other);
            let same = same.filter(|other| kind(other) == kind(car));
            others.extend(same.flat_map(own));
        }
        others
    }
}

/// The numbers among a car's figures.
fn own(car: &Car) -> Vec<String> {
    let figures = Car {
        why: Vec::new(),
        sources: Default::default(),
        ..car.clone()
    };
    numbers(&json_of(&figures).to_string())
}

fn letters(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.collect::<String>().to_lowercase()
}

fn json_of(car: &Car) -> Value {
    serde_json::to_value(car).expect("a car is plain data")
}

/// Numbers in a car's line that are neither its figures, nor those of others that it may give, nor the count of what was
/// found.
fn invented(line: &str, car: &Car, others: &[String], text: &str) -> Option<String> {
    let count = numbers(
        text.split(" fit")
            .next()
            .unwrap_or("")
            .rsplit("\n\n")
            .next()
            .unwrap_or(""),
    );
    let place = numbers(line).into_iter().next();
    // "The lowest price of the 14 whose price is known": as many as were found at most.
    let most = count.iter().filter_map(|number| number.parse::<u64>().ok());
    let most = most.max().unwrap_or(0);
    let counted = line.split(" of the ").skip(1).filter_map(|rest| {
        let (number, after) = rest.split_once(' ')?;
        let number: u64 = number.replace(',', "").parse().ok()?;
        (after.starts_with("whose ") && number <= most).then(|| number.to_string())
    });
    let mut known = own(car);
    known.extend(counted);
    known.extend_from_slice(others);
    known.extend(count);
    known.extend(place);
    // The 2 of CO2.
    known.push("2".to_owned());
    let unknown: Vec<String> = numbers(line)
        .into_iter()
        .filter(|number| !known.contains(number))
        .collect();
    (!unknown.is_empty()).then(|| format!("{unknown:?} in {line:?} is nowhere in the catalogue"))
}

fn numbers(text: &str) -> Vec<String> {
    let text = text.replace(',', "");
    let parts = text.split(|c: char| !c.is_ascii_digit());
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether a price or a towing limit that is asked for isn't known.
fn lacks(json: &Value, needs: &[String]) -> bool {
    let asks = |field: &str| needs.iter().any(|need| need.starts_with(field));
    (asks("budget_") && json["price"].is_null())
        || (asks("towing_min") && json["towing_lb"].is_null())
}

/// Whether a car meets every need that the catalogue can check, or lacks the price or the towing limit for it; without a year or a model, only the newest three years.
fn meets(json: &Value, needs: &[String]) -> bool {
    let of = |field: &str| -> Vec<&str> {
        needs
            .iter()
            .filter_map(|need| need.split_once('='))
            .filter(|(name, _)| *name == field)
            .map(|(_, v)| v)
            .collect()
    };
    let word = |field: &str| json[field].as_str().map(str::to_owned);
    let number = |value: &Value| value.as_u64();
    let least = |field: &str, figure: Option<u64>| {
        of(field)
            .iter()
            .all(|min| figure.is_some_and(|figure| figure >= min.parse().unwrap()))
    };
    let any = |field: &str, key: &str, wide: fn(&str) -> Vec<&str>| {
        let wanted = of(field);
        wanted.is_empty()
            || word(key).is_some_and(|is| {
                wanted
                    .iter()
                    .flat_map(|w| wide(w))
                    .any(|wanted| wanted == is)
            })
    };
    // What is wanted by its own word isn't ruled out by a wider one: a minivan, but no vans.
    let none = |field: &str, key: &str, wide: fn(&str) -> Vec<&str>| {
        let (unwanted, wanted) = (of(field), of(key));
        unwanted.is_empty()
            || word(key).is_some_and(|is| {
                let named = unwanted.contains(&is.as_str());
                let spared = wanted.contains(&is.as_str());
                !named
                    && (spared
                        || !unwanted
                            .iter()
                            .flat_map(|w| wide(w))
                            .any(|unwanted| unwanted == is))
            })
    };
    let same: fn(&str) -> Vec<&str> = |word| vec![word];
    let fuel: fn(&str) -> Vec<&str> = |word| {
        if word == "gasoline" {
            vec!["gasoline", "flex_fuel"]
        } else {
            vec![word]
        }
    };
    let drive: fn(&str) -> Vec<&str> = |word| {
        if word == "awd" {
            vec!["awd", "4wd"]
        } else {
            vec![word]
        }
    };
    let gears: fn(&str) -> Vec<&str> = |word| match word {
        "automatic" => vec!["automatic", "cvt", "dual_clutch", "single_speed"],
        _ => vec![word],
    };
    let wide_body: fn(&str) -> Vec<&str> = |word| {
        if word == "van" {
            vec!["van", "minivan"]
        } else {
            vec![word]
        }
    };

    let charged = matches!(
        word("fuel").as_deref(),
        Some("electric" | "plug_in_hybrid" | "hydrogen")
    );
    let economy = number(&json[if charged { "mpge" } else { "mpg" }]["combined"]);
    let year = json["year"].as_u64().unwrap();
    let models = of("model");
    let named = |model: &str| {
        let names = ["model", "base"].map(|name| format!("{} {}", json["make"], json[name]));
        names
            .iter()
            .any(|name| letters(name).contains(&letters(model)))
    };
    let dated = !of("year_min").is_empty() || !of("year_max").is_empty() || !models.is_empty();

    // The years first: they rule out most, at the least cost.
    (dated || year >= 2024)
        && any("body", "body", wide_body)
        && none("body_not", "body", wide_body)
        && any("fuel", "fuel", fuel)
        && none("fuel_not", "fuel", fuel)
        && any("drive", "drive", drive)
        && any("make", "make", same)
        && none("make_not", "make", same)
        && !of("model_not").iter().any(|model| named(model))
        && any("transmission", "transmission", gears)
        && none("transmission_not", "transmission", gears)
        && (models.is_empty() || models.iter().any(|model| named(model)))
        && least("mpg_min", economy)
        && least("electric_range_min", number(&json["electric_range_mi"]))
        && least("range_min", number(&json["range_mi"]))
        && least("seats_min", number(&json["seats"]["max"]))
        && least("stars_min", number(&json["safety"]["stars"]))
        && least("horsepower_min", number(&json["horsepower"]))
        && (json["towing_lb"].is_null() || least("towing_min", number(&json["towing_lb"])))
        && (json["price"].is_null()
            || (least("budget_min", number(&json["price"]["usd"]))
                && of("budget_max")
                    .iter()
                    .all(|max| number(&json["price"]["usd"]) <= Some(max.parse().unwrap()))))
        && least("year_min", Some(year))
        && of("year_max")
            .iter()
            .all(|max| year <= max.parse().unwrap())
}
