//! Made-up requests, many of which no car fits: limits drawn at random, names and figures from the catalogue.

use serde_json::{Map, Value, json};

use crate::cars::{Catalogue, Filter};

/// Requests without end, the same for the same seed.
pub struct Requests {
    bits: u64,
    names: Vec<(String, String)>,
}

impl Requests {
    pub fn of(catalogue: &Catalogue, seed: u64) -> Self {
        let names = catalogue.iter().map(|car| (car.make, car.model));
        Requests {
            bits: seed,
            names: names.collect(),
        }
    }

    /// The next number below the bound (SplitMix64).
    fn below(&mut self, bound: u64) -> u64 {
        self.bits = self.bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.bits;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % bound
    }

    fn of_list(&mut self, words: &[&str]) -> Value {
        json!([words[self.below(words.len() as u64) as usize]])
    }

    /// The make or the model of a car.
    fn name(&mut self, is_make: bool) -> Value {
        let at = self.below(self.names.len() as u64) as usize;
        let (make, model) = &self.names[at];
        json!([if is_make { make } else { model }])
    }

    fn limit(&mut self) -> (&'static str, Value) {
        const BODIES: &[&str] = &[
            "sedan",
            "hatchback",
            "wagon",
            "suv",
            "pickup",
            "minivan",
            "van",
            "coupe",
            "convertible",
        ];
        const FUELS: &[&str] = &[
            "gasoline",
            "hybrid",
            "plug_in_hybrid",
            "electric",
            "diesel",
            "hydrogen",
        ];
        const GEARS: &[&str] = &["automatic", "manual", "cvt", "dual_clutch", "single_speed"];
        match self.below(22) {
            0 | 1 => ("bodies", self.of_list(BODIES)),
            2 => ("bodies_not", self.of_list(BODIES)),
            3 => ("fuels", self.of_list(FUELS)),
            4 => ("fuels_not", self.of_list(FUELS)),
            5 => ("drives", self.of_list(&["fwd", "rwd", "awd", "4wd"])),
            6 => ("makes", self.name(true)),
            7 => ("makes_not", self.name(true)),
            8 => ("models", self.name(false)),
            9 => ("models_not", self.name(false)),
            10 => ("transmissions", self.of_list(GEARS)),
            11 => ("transmissions_not", self.of_list(GEARS)),
            12 => ("mpg_min", json!(20 + self.below(120))),
            13 => ("electric_range_min", json!(20 + self.below(400))),
            14 => ("range_min", json!(200 + self.below(500))),
            15 => ("year_min", json!(2013 + self.below(15))),
            16 => ("year_max", json!(2013 + self.below(14))),
            17 | 18 => ("budget_max", json!(12_000 + 500 * self.below(80))),
            19 => ("budget_min", json!(20_000 + 1_000 * self.below(120))),
            20 => match self.below(2) {
                0 => ("seats_min", json!(2 + self.below(9))),
                _ => ("stars_min", json!(3 + self.below(3))),
            },
            _ => match self.below(2) {
                0 => ("horsepower_min", json!(150 + 10 * self.below(60))),
                _ => ("towing_min", json!(1_000 + 500 * self.below(25))),
            },
        }
    }
}

impl Iterator for Requests {
    type Item = Filter;

    fn next(&mut self) -> Option<Filter> {
        let mut limits = Map::new();
        for _ in 0..3 + self.below(5) {
            let (key, value) = self.limit();
            limits.insert(key.to_owned(), value);
        }
        // Every key and value is one that a filter knows.
        serde_json::from_value(Value::Object(limits)).ok()
    }
}
