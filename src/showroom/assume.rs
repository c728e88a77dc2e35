//! Reads how somebody drives from a query string, and shows it as a form.

use utoipa::IntoParams;

use crate::cars::cost::{Assumptions, Cost, DEFAULT_PRICES, EnergyKind, amount, plain};
use crate::error::FieldError;

/// The same of who has set prices of their own.
const OWN_PRICES: &str = "those in your settings, and where you set none the prices that EPA's own yearly fuel costs of 29 October 2025 rest on";

/// What was read, and everything else that came with it.
pub struct Assumed {
    pub assumptions: Assumptions,
    /// What stands where nothing was given.
    usual: Assumptions,
    /// What the person would pay for each car, in the order of the cars; `None` for the catalogue's price.
    pub prices: Vec<Option<u32>>,
    /// What came, to show it again.
    given: Vec<(String, String)>,
    pub wrong: Vec<FieldError>,
}

/// The fields, for the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(
    dead_code,
    reason = "they are read by the names of `Assumptions`, whose fields these are"
)]
pub struct Figures {
    #[param(minimum = 1, maximum = 200_000)]
    miles_per_year: Option<u32>,
    /// Of the miles.
    #[param(minimum = 0, maximum = 100)]
    city_percent: Option<u8>,
    #[param(minimum = 1, maximum = 30)]
    years: Option<u8>,
    /// US dollars a gallon.
    #[param(minimum = 0, maximum = 100)]
    regular_usd: Option<f64>,
    #[param(minimum = 0, maximum = 100)]
    midgrade_usd: Option<f64>,
    #[param(minimum = 0, maximum = 100)]
    premium_usd: Option<f64>,
    #[param(minimum = 0, maximum = 100)]
    diesel_usd: Option<f64>,
    /// US dollars a kWh.
    #[param(minimum = 0, maximum = 100)]
    electricity_usd: Option<f64>,
    /// US dollars for the energy of a gallon of gasoline.
    #[param(minimum = 0, maximum = 100)]
    natural_gas_usd: Option<f64>,
    /// US dollars a kilogram.
    #[param(minimum = 0, maximum = 100)]
    hydrogen_usd: Option<f64>,
    /// What one would pay for the car, in whole US dollars; once for each car, in their order.
    price_usd: Option<Vec<u32>>,
}

/// Reads the fields of [`Assumptions`] over those that are usual for whoever is asking, and `price_usd` once for each car.
/// The names in `others` are left to others.
pub fn read(pairs: &[(String, String)], others: &[&str], usual: Assumptions) -> Assumed {
    let mut assumed = Assumed {
        assumptions: usual.clone(),
        usual,
        prices: Vec::new(),
        given: pairs.to_vec(),
        wrong: Vec::new(),
    };
    for (name, value) in pairs {
        let value = plain(value);
        if name == "price_usd" {
            assumed.take_price(&value);
        } else if !value.is_empty()
            && !others.contains(&name.as_str())
            && let Err(detail) = assumed.assumptions.set(name, &value)
        {
            assumed.wrong.push(FieldError {
                field: name.clone(),
                detail,
            });
        }
    }
    // One sentence for each field is enough.
    for wrong in assumed.assumptions.wrong() {
        if !assumed.wrong.iter().any(|known| known.field == wrong.field) {
            assumed.wrong.push(wrong);
        }
    }
    if !assumed.wrong.is_empty() {
        assumed.assumptions = assumed.usual.clone();
    }
    assumed
}

/// A field of the form.
pub struct Input {
    pub name: String,
    pub label: String,
    pub unit: String,
    pub value: String,
    pub wrong: Option<String>,
}

impl Assumed {
    fn take_price(&mut self, value: &str) {
        let price = match value {
            "" => Ok(None),
            value => value.parse::<u32>().map(Some),
        };
        match price {
            Ok(price) if price.is_none_or(|usd| usd <= 10_000_000) => self.prices.push(price),
            _ => {
                self.prices.push(None);
                self.wrong.push(FieldError {
                    field: "price_usd".to_owned(),
                    detail: format!("“{value}” is not a price in whole dollars, up to 10,000,000."),
                });
            }
        }
    }

    /// The cost, at the person's own price if they named one for the car at that place.
    pub fn at_own_price(&self, cost: Cost, at: usize) -> Cost {
        match self.prices.get(at) {
            Some(Some(usd)) => cost.at_price(*usd),
            _ => cost,
        }
    }

    /// The fields that matter for cars with these costs.
    pub fn inputs(&self, costs: &[Cost]) -> Vec<Input> {
        let mut inputs = vec![
            self.input("miles_per_year", "Miles a year", ""),
            self.input("city_percent", "Of them in the city", "percent"),
            self.input("years", "Years", ""),
        ];
        for kind in EnergyKind::ALL {
            let mut used = costs.iter().flat_map(|cost| &cost.energy);
            if used.any(|used| used.kind == *kind) {
                let mut label = kind.label().to_owned();
                if let Some(first) = label.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                let unit = format!("dollars a {}", kind.unit());
                inputs.push(self.input(&format!("{}_usd", kind.as_str()), &label, &unit));
            }
        }
        inputs
    }

    /// Where the prices of fuel come from that nobody has changed, after "The fuel prices above, unless you change them, are".
    pub fn usual_prices(&self) -> &'static str {
        let usual = Assumptions::default();
        let is_own = |kind: &EnergyKind| self.usual.price_of(*kind) != usual.price_of(*kind);
        match EnergyKind::ALL.iter().any(is_own) {
            true => OWN_PRICES,
            false => DEFAULT_PRICES,
        }
    }

    /// What the person wrote for the price of the car at that place.
    pub fn price_input(&self, at: usize) -> &str {
        let mut prices = self.given.iter().filter(|(name, _)| name == "price_usd");
        prices.nth(at).map_or("", |(_, value)| value)
    }

    /// What is wrong with a field.
    pub fn wrong(&self, field: &str) -> Option<&str> {
        let wrong = self.wrong.iter().find(|wrong| wrong.field == field)?;
        Some(&wrong.detail)
    }

    /// What is wrong with fields that the form doesn't have.
    pub fn misplaced(&self, costs: &[Cost]) -> Vec<&str> {
        let inputs = self.inputs(costs);
        let has_place =
            |field: &str| field == "price_usd" || inputs.iter().any(|input| input.name == field);
        let wrong = self.wrong.iter().filter(|wrong| !has_place(&wrong.field));
        wrong.map(|wrong| wrong.detail.as_str()).collect()
    }

    fn input(&self, name: &str, label: &str, unit: &str) -> Input {
        let given = self.given.iter().rev().find(|(given, _)| given == name);
        let usual = serde_json::to_value(&self.assumptions).unwrap_or_default();
        let value = match (given, &usual[name]) {
            (Some((_, value)), _) if !value.trim().is_empty() => value.clone(),
            (_, serde_json::Value::Number(number)) => match number.as_f64() {
                // Dollars and cents, as on a pump.
                Some(usd) if name.ends_with("_usd") => amount(usd),
                _ => number.to_string(),
            },
            _ => String::new(),
        };
        Input {
            name: name.to_owned(),
            label: label.to_owned(),
            unit: unit.to_owned(),
            value,
            wrong: self.wrong(name).map(str::to_owned),
        }
    }
}

/// The pairs of a query string, at most as many as the longest form has fields.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(query.as_bytes()).take(40);
    pairs
        .map(|(name, value)| (name.into_owned(), value.chars().take(200).collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_figures_are_read_and_nonsense_is_blamed() {
        let own = read(
            &pairs(
                "ids=a,b&miles_per_year=12,000&city_percent=80&regular_usd=%244.10&price_usd=&price_usd=30,000&diesel_usd=",
            ),
            &["ids"],
            Assumptions::default(),
        );
        assert!(own.wrong.is_empty(), "{:?}", own.wrong);
        assert_eq!(own.assumptions.miles_per_year, 12_000);
        assert_eq!(own.assumptions.regular_usd, 4.10);
        assert_eq!(
            own.assumptions.diesel_usd,
            Assumptions::default().diesel_usd
        );
        assert_eq!(own.prices, [None, Some(30_000)]);
        for (query, field) in [
            ("miles_per_year=many", "miles_per_year"),
            ("miles_per_year=-5", "miles_per_year"),
            ("city_percent=300", "city_percent"),
            ("years=0", "years"),
            ("regular_usd=NaN", "regular_usd"),
            ("regular_usd=3,50", "regular_usd"),
            ("electricity_usd=inf", "electricity_usd"),
            ("price_usd=1e9", "price_usd"),
            ("mileage=9", "mileage"),
        ] {
            let wrong = read(&pairs(query), &[], Assumptions::default()).wrong;
            assert_eq!(wrong.len(), 1, "{query}: {wrong:?}");
            assert_eq!(wrong[0].field, field);
            let is_amount = !query.contains("3,50");
            assert!(is_amount || wrong[0].detail.contains("“3,50” is not an amount"));
        }
    }

    #[test]
    fn what_is_usual_for_the_person_stands_until_they_say_otherwise() {
        let usual = Assumptions {
            miles_per_year: 9_000,
            electricity_usd: 0.135,
            ..Assumptions::default()
        };
        let own = read(&pairs("city_percent=80"), &[], usual.clone());
        assert_eq!(own.assumptions.miles_per_year, 9_000);
        assert_eq!(own.assumptions.city_percent, 80);
        assert_eq!(own.input("electricity_usd", "", "").value, "0.135");
        assert_eq!(own.usual_prices(), OWN_PRICES);
        let other = read(&pairs("miles_per_year=20000"), &[], usual);
        assert_eq!(other.assumptions.miles_per_year, 20_000);
    }
}
