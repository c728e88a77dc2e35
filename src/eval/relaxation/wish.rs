//! One limit of a request, and the figures of a car, both from JSON.

use serde_json::Value;

/// What a request asks, by the key that its JSON has for it.
pub struct Wish {
    key: &'static str,
    limit: &'static str,
    kind: Kind,
    /// What is lost with it, in millionths; for years, with each of them; for other numbers, with the whole.
    weight: u64,
    words: Vec<String>,
    number: Option<u64>,
    /// Without it, cars older than this aren't searched.
    lost_before: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Any,
    None,
    Least,
    Most,
}

const KEYS: [(&str, &str, Kind, u64); 22] = [
    ("bodies", "body", Kind::Any, 600_000),
    ("bodies_not", "body_not", Kind::None, 850_000),
    ("fuels", "fuel", Kind::Any, 650_000),
    ("fuels_not", "fuel_not", Kind::None, 900_000),
    ("drives", "drive", Kind::Any, 400_000),
    ("makes", "make", Kind::Any, 500_000),
    ("makes_not", "make_not", Kind::None, 950_000),
    ("models", "model", Kind::Any, 700_000),
    ("models_not", "model_not", Kind::None, 750_000),
    ("transmissions", "transmission", Kind::Any, 300_000),
    ("transmissions_not", "transmission_not", Kind::None, 800_000),
    ("mpg_min", "mpg", Kind::Least, 1_000_000),
    (
        "electric_range_min",
        "electric_range",
        Kind::Least,
        1_000_000,
    ),
    ("range_min", "range", Kind::Least, 1_000_000),
    ("year_min", "year_min", Kind::Least, 80_000),
    ("year_max", "year_max", Kind::Most, 80_000),
    ("budget_max", "budget_max", Kind::Most, 1_000_000),
    ("budget_min", "budget_min", Kind::Least, 1_000_000),
    ("seats_min", "seats", Kind::Least, 1_000_000),
    ("stars_min", "stars", Kind::Least, 1_000_000),
    ("horsepower_min", "horsepower", Kind::Least, 1_000_000),
    ("towing_min", "towing", Kind::Least, 1_000_000),
];

/// Every wish of a filter, with the newest three years where it names neither years nor models.
pub fn wishes(filter: &Value, newest: u64) -> Vec<Wish> {
    let is_set = |key: &str| match &filter[key] {
        Value::Null => false,
        Value::Array(words) => !words.is_empty(),
        _ => true,
    };
    let undated = !is_set("year_min") && !is_set("year_max");
    let mut wishes: Vec<Wish> = Vec::new();
    for (key, limit, kind, weight) in KEYS {
        let recent = key == "year_min" && undated && !is_set("models");
        if !is_set(key) && !recent {
            continue;
        }
        let words = filter[key].as_array().into_iter().flatten();
        wishes.push(Wish {
            key,
            limit,
            kind,
            weight: if recent { 40_000 } else { weight },
            words: words
                .filter_map(|word| Some(word.as_str()?.to_owned()))
                .collect(),
            number: if recent {
                Some(newest - 2)
            } else {
                filter[key].as_u64()
            },
            lost_before: if key == "models" && undated {
                newest - 2
            } else {
                0
            },
        });
    }
    wishes
}

impl Wish {
    /// The word that the search's answer has for it.
    pub fn limit(&self) -> &str {
        self.limit
    }

    pub fn number(&self) -> Option<u64> {
        self.number
    }

    /// What is lost when it is dropped.
    pub fn dropped(&self) -> u64 {
        self.weight
    }

    /// What is lost when its number becomes another.
    pub fn gives_way(&self, to: u64) -> u64 {
        let number = self.number.unwrap_or(0);
        let gap = number.abs_diff(to);
        match self.key {
            "year_min" | "year_max" => gap * self.weight,
            _ => gap * self.weight / number.max(1),
        }
    }
}

/// A car's figures.
pub struct Figures {
    pub year: u64,
    body: Option<String>,
    fuel: String,
    drive: Option<String>,
    transmission: Option<String>,
    make: String,
    /// The words of its make and model, each in lower case.
    name: Vec<String>,
    mpg: Option<u64>,
    electric_range: Option<u64>,
    range: Option<u64>,
    price: Option<u64>,
    seats: Option<u64>,
    stars: Option<u64>,
    horsepower: Option<u64>,
    towing: Option<u64>,
}

impl Figures {
    pub fn of(car: &Value) -> Self {
        let word = |field: &str| car[field].as_str().map(str::to_owned);
        let fuel = word("fuel").unwrap_or_default();
        let on_a_plug = ["electric", "plug_in_hybrid"].contains(&fuel.as_str());
        let unit = if on_a_plug || fuel == "hydrogen" {
            "mpge"
        } else {
            "mpg"
        };
        let make = word("make").unwrap_or_default();
        let name = format!("{make} {}", word("model").unwrap_or_default()).to_lowercase();
        Figures {
            year: car["year"].as_u64().unwrap_or(0),
            body: word("body"),
            drive: word("drive"),
            transmission: word("transmission"),
            make: squeezed(&make),
            name: name
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
            mpg: car[unit]["combined"].as_u64(),
            electric_range: if on_a_plug {
                car["electric_range_mi"].as_u64()
            } else {
                Some(0)
            },
            range: car["range_mi"].as_u64(),
            price: car["price"]["usd"].as_u64(),
            seats: car["seats"]["max"].as_u64(),
            stars: car["safety"]["stars"].as_u64(),
            horsepower: car["horsepower"].as_u64(),
            towing: car["towing_lb"].as_u64(),
            fuel,
        }
    }

    pub fn meets_all(&self, wishes: &[Wish]) -> bool {
        wishes.iter().all(|wish| self.meets(wish))
    }

    /// The places of the wishes that it doesn't meet, each with what is lost when it gives way to this car; `None` where
    /// no giving way is enough.
    pub fn losses(&self, wishes: &[Wish]) -> Vec<(usize, Option<u64>)> {
        let unmet = wishes
            .iter()
            .enumerate()
            .filter(|(_, wish)| !self.meets(wish));
        unmet.map(|(at, wish)| (at, self.lost(wish))).collect()
    }

    /// What a wish can become for this car: another number, or dropped; `None` where nothing makes this car meet it.
    #[cfg(test)]
    pub fn loosened(&self, wish: &Wish) -> Option<Option<u64>> {
        match wish.kind {
            _ if self.meets(wish) => None,
            Kind::Any | Kind::None => Some(None),
            Kind::Least | Kind::Most => self.number(wish.key).map(Some),
        }
    }

    /// Whether it meets the wishes when those are changed, each to a number or dropped.
    #[cfg(test)]
    pub fn meets_changed(&self, wishes: &[Wish], changed: &[(usize, Option<u64>)]) -> bool {
        let meets =
            |(at, wish): (usize, &Wish)| match changed.iter().find(|(which, _)| *which == at) {
                None => self.meets(wish),
                Some((_, None)) => self.year >= wish.lost_before,
                Some((_, Some(to))) => match wish.kind {
                    Kind::Most => self.number(wish.key).is_some_and(|figure| figure <= *to),
                    _ => self.number(wish.key).is_some_and(|figure| figure >= *to),
                },
            };
        wishes.iter().enumerate().all(meets)
    }

    fn lost(&self, wish: &Wish) -> Option<u64> {
        match wish.kind {
            Kind::Any | Kind::None if self.year < wish.lost_before => None,
            Kind::Any | Kind::None => Some(wish.dropped()),
            Kind::Least | Kind::Most => Some(wish.gives_way(self.number(wish.key)?)),
        }
    }

    fn meets(&self, wish: &Wish) -> bool {
        match wish.kind {
            Kind::Any => self.is_any(wish) == Some(true),
            Kind::None => self.is_any(wish) == Some(false),
            Kind::Least => self.number(wish.key) >= wish.number && self.number(wish.key).is_some(),
            Kind::Most => self
                .number(wish.key)
                .is_some_and(|figure| Some(figure) <= wish.number),
        }
    }

    fn is_any(&self, wish: &Wish) -> Option<bool> {
        let is = |word: &Option<String>| word.as_ref().map(|word| wish.words.contains(word));
        match wish.key {
            "bodies" | "bodies_not" => is(&self.body),
            "drives" => is(&self.drive),
            "transmissions" | "transmissions_not" => is(&self.transmission),
            "fuels" | "fuels_not" => Some(wish.words.contains(&self.fuel)),
            "makes" | "makes_not" => {
                Some(wish.words.iter().any(|make| squeezed(make) == self.make))
            }
            _ => Some(
                wish.words
                    .iter()
                    .any(|model| self.is_called(&squeezed(model))),
            ),
        }
    }

    /// Whether some words of its name that stand together spell it.
    fn is_called(&self, model: &str) -> bool {
        let starts = 0..self.name.len();
        starts.into_iter().any(|start| {
            let mut rest = model;
            for word in &self.name[start..] {
                match rest.strip_prefix(word.as_str()) {
                    Some("") => return true,
                    Some(more) => rest = more,
                    None => return false,
                }
            }
            false
        })
    }

    fn number(&self, key: &str) -> Option<u64> {
        match key {
            "mpg_min" => self.mpg,
            "electric_range_min" => self.electric_range,
            "range_min" => self.range,
            "year_min" | "year_max" => Some(self.year),
            "budget_max" | "budget_min" => self.price,
            "seats_min" => self.seats,
            "stars_min" => self.stars,
            "horsepower_min" => self.horsepower,
            _ => self.towing,
        }
    }
}

/// A name's letters and digits, in lower case.
fn squeezed(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.collect::<String>().to_lowercase()
}
