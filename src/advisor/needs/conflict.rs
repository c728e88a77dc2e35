//! Finds needs that can't both hold, so that the shopper says which one counts.

use super::{Field, Need};

/// Two needs that rule each other out, in the order in which they stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    pub first: Need,
    pub second: Need,
}

/// What nobody calls cheap, in US dollars: above what buyers of new cars paid on average when Kelley Blue Book first put
/// that over 50,000 dollars, in September 2025.
const DEAR: u64 = 50_000;

/// The pairs of needs that can't both hold, in the order in which their first ones stand. None is left out of the needs for that.
pub fn conflicts(needs: &[Need]) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (at, first) in needs.iter().enumerate() {
        for second in &needs[at + 1..] {
            if excludes(first, second) || excludes(second, first) {
                found.push(Conflict {
                    first: first.clone(),
                    second: second.clone(),
                });
            }
        }
    }
    found
}

fn excludes(one: &Need, other: &Need) -> bool {
    let number = |need: &Need| need.value.as_u64();
    let text = |need: &Need| need.value.as_str().unwrap_or("").to_owned();
    match (one.field, other.field) {
        (Field::BudgetMax, Field::BudgetMin) | (Field::YearMax, Field::YearMin) => {
            number(one) < number(other)
        }
        (Field::Body, Field::BodyNot)
        | (Field::Fuel, Field::FuelNot)
        | (Field::Make, Field::MakeNot)
        | (Field::Model, Field::ModelNot)
        | (Field::Transmission, Field::TransmissionNot) => one.value == other.value,
        // A RAV4, but nothing from Toyota.
        (Field::Model, Field::MakeNot) => text(one)
            .strip_prefix(&text(other))
            .is_some_and(|rest| rest.starts_with(' ')),
        (Field::Priority, Field::BudgetMin) => {
            text(one) == "price" && number(other).is_some_and(|usd| usd >= DEAR)
        }
        _ => false,
    }
}

impl Conflict {
    /// Whether both needs still stand as they were.
    pub fn stands(&self, needs: &[Need]) -> bool {
        needs.contains(&self.first) && needs.contains(&self.second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn need(field: Field, value: Value) -> Need {
        Need::new(field, value, "words", "m0")
    }

    #[test]
    fn what_rules_out_what() {
        let of = |one: (Field, Value), other: (Field, Value)| {
            conflicts(&[need(one.0, one.1), need(other.0, other.1)]).len()
        };
        use Field::*;
        assert_eq!(
            of((BudgetMax, json!(30_000)), (BudgetMin, json!(35_000))),
            1
        );
        assert_eq!(
            of((BudgetMin, json!(35_000)), (BudgetMax, json!(30_000))),
            1
        );
        assert_eq!(
            of((BudgetMax, json!(30_000)), (BudgetMin, json!(30_000))),
            0
        );
        assert_eq!(of((YearMax, json!(2018)), (YearMin, json!(2020))), 1);
        assert_eq!(
            of((Fuel, json!("electric")), (FuelNot, json!("electric"))),
            1
        );
        assert_eq!(of((Fuel, json!("electric")), (FuelNot, json!("diesel"))), 0);
        assert_eq!(
            of((Model, json!("Toyota RAV4")), (MakeNot, json!("Toyota"))),
            1
        );
        assert_eq!(
            of((Make, json!("Toyota")), (ModelNot, json!("Toyota RAV4"))),
            0
        );
        assert_eq!(
            of((Priority, json!("price")), (BudgetMin, json!(60_000))),
            1
        );
        assert_eq!(
            of((Priority, json!("price")), (BudgetMin, json!(20_000))),
            0
        );
    }
}
