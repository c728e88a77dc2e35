//! Reads how somebody drives from what they write, one field at a time.

use super::Assumptions;

impl Assumptions {
    /// Sets the field of that name; whether the figure makes sense is for [`Assumptions::wrong`] to say.
    ///
    /// # Errors
    /// A sentence for the person, when there is no such field or the text is no number of its kind.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        let dollars = || {
            let number = text.parse::<f64>();
            number.map_err(|_| format!("“{text}” is not an amount of dollars such as 3.50."))
        };
        match name {
            "miles_per_year" => self.miles_per_year = whole(text)?,
            "city_percent" => self.city_percent = whole(text)?,
            "years" => self.years = whole(text)?,
            "regular_usd" => self.regular_usd = dollars()?,
            "midgrade_usd" => self.midgrade_usd = dollars()?,
            "premium_usd" => self.premium_usd = dollars()?,
            "diesel_usd" => self.diesel_usd = dollars()?,
            "electricity_usd" => self.electricity_usd = dollars()?,
            "natural_gas_usd" => self.natural_gas_usd = dollars()?,
            "hydrogen_usd" => self.hydrogen_usd = Some(dollars()?),
            _ => {
                let short: String = name.chars().take(40).collect();
                return Err(format!("There is nothing called “{short}” to reckon with."));
            }
        }
        Ok(())
    }
}

fn whole<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("“{text}” is not a whole number that makes sense here."))
}

/// An amount without its sign and the commas between its thousands. Other commas stay, so that it is no number: `3,50` may
/// be meant as 3.50.
pub fn plain(text: &str) -> String {
    let text = text.trim().trim_start_matches('$');
    let whole = text.split('.').next().unwrap_or(text);
    let is_thousand = |group: &str| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit());
    match whole.split(',').skip(1).all(is_thousand) {
        true => text.replace(',', ""),
        false => text.to_owned(),
    }
}

/// Dollars as in a form: with cents as on a pump, and with more where more was said.
pub fn amount(usd: f64) -> String {
    let cents = format!("{usd:.2}");
    match cents.parse() == Ok(usd) {
        true => cents,
        false => usd.to_string(),
    }
}
