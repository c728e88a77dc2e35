//! What models cost: a table of the operator's own, in a file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::{CATALOGUE_MODEL, ConfigError, bad};

const COLUMNS: [&str; 3] = [
    "model",
    "prompt_usd_per_million",
    "completion_usd_per_million",
];

/// What a model's tokens cost, in US dollars for a million.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Price {
    prompt: f64,
    completion: f64,
}

/// The prices of models, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prices {
    file: Option<PathBuf>,
    by_model: BTreeMap<String, Price>,
}

impl Prices {
    /// Reads the file that is set; none knows no price.
    pub(super) fn read(file: Option<String>) -> Result<Self, ConfigError> {
        let Some(file) = file.map(|name| PathBuf::from(name.trim())) else {
            return Ok(Self::default());
        };
        let by_model = parse(&file)
            .map_err(|what| bad("AUTIO_PRICES", format!("{}: {what}", file.display())))?;
        Ok(Self {
            file: Some(file),
            by_model,
        })
    }

    /// What so many tokens of that model cost, in US dollars; `None` where its price isn't known. The built-in advisor costs
    /// nothing, and nor does what took no tokens.
    pub fn cost(&self, model: &str, prompt_tokens: i64, completion_tokens: i64) -> Option<f64> {
        if model == CATALOGUE_MODEL || (prompt_tokens, completion_tokens) == (0, 0) {
            return Some(0.0);
        }
        let price = self.by_model.get(model)?;
        let of = |tokens: i64, usd: f64| tokens as f64 * usd / 1_000_000.0;
        Some(of(prompt_tokens, price.prompt) + of(completion_tokens, price.completion))
    }

    /// Whether there is a price of that model.
    pub fn know(&self, model: &str) -> bool {
        model == CATALOGUE_MODEL || self.by_model.contains_key(model)
    }

    /// Whether no file is set.
    pub fn is_unset(&self) -> bool {
        self.file.is_none()
    }
}

/// As `autio config` prints it: the file.
impl fmt::Display for Prices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => file.display().fmt(f),
            None => Ok(()),
        }
    }
}

/// The error says what is wrong, and in which line.
fn parse(file: &Path) -> Result<BTreeMap<String, Price>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_path(file)
        .map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => error.to_string(),
            _ => "it can't be read".to_owned(),
        })?;
    let headers = reader.headers().map_err(|error| in_line(&error))?;
    let column = |name: &str| headers.iter().position(|header| header == name);
    let [Some(model), Some(prompt), Some(completion)] = COLUMNS.map(column) else {
        return Err(format!(
            "line 1: must be the names of the columns, {}",
            COLUMNS.join(",")
        ));
    };
    let mut prices = BTreeMap::new();
    for row in reader.into_records() {
        let row = row.map_err(|error| in_line(&error))?;
        let line = row.position().map_or(0, csv::Position::line);
        let usd = |at: usize, name: &str| {
            let text = row.get(at).unwrap_or_default();
            let usd = text.parse().ok();
            usd.filter(|usd: &f64| usd.is_finite() && *usd >= 0.0)
                .ok_or_else(|| {
                    format!(
                        "line {line}: {name} must be US dollars for a million tokens such as 0.15, not {text:?}"
                    )
                })
        };
        let price = Price {
            prompt: usd(prompt, COLUMNS[1])?,
            completion: usd(completion, COLUMNS[2])?,
        };
        let name = row.get(model).unwrap_or_default();
        if name.is_empty() {
            return Err(format!("line {line}: the model has no name"));
        }
        if prices.insert(name.to_owned(), price).is_some() {
            return Err(format!("line {line}: {name} has a price already"));
        }
    }
    Ok(prices)
}

fn in_line(error: &csv::Error) -> String {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, .. } => {
            format!("line {line}: must have {expected_len} fields, as the first line has")
        }
        csv::ErrorKind::Utf8 { .. } => format!("line {line}: isn't UTF-8"),
        _ => format!("line {line}: can't be read"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Prices, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("prices.csv");
        std::fs::write(&file, text).unwrap();
        let read = Prices::read(Some(file.to_str().unwrap().to_owned()));
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn a_price_is_known_or_unknown_and_never_nothing_by_default() {
        let prices = read(
            "# of this autumn\nmodel,prompt_usd_per_million,completion_usd_per_million\ngpt-4o-mini, 0.15, 0.60\n",
        )
        .unwrap();
        let cost = prices.cost("gpt-4o-mini", 2_000_000, 500_000).unwrap();
        assert!((cost - 0.6).abs() < 1e-9, "{cost}");
        assert_eq!(prices.cost("gpt-5", 1, 0), None);
        assert_eq!(prices.cost(CATALOGUE_MODEL, 0, 0), Some(0.0));
        assert_eq!(Prices::default().cost("gpt-4o-mini", 1, 1), None);
    }

    #[test]
    fn what_is_wrong_with_the_file_is_one_line_that_names_the_line() {
        let head = "model,prompt_usd_per_million,completion_usd_per_million\n";
        for (text, part) in [
            (
                "model,in,out\ngpt,1,2\n".to_owned(),
                "line 1: must be the names",
            ),
            (String::new(), "line 1: must be the names"),
            (format!("{head}a,1,2\nb,cheap,2\n"), "line 3: prompt_usd"),
            (format!("{head}a,1,-2\n"), "line 2: completion_usd"),
            (format!("{head}a,1,inf\n"), "line 2: completion_usd"),
            (format!("{head}a,1\n"), "line 2: must have 3 fields"),
            (
                format!("{head}a,1,2\na,1,2\n"),
                "line 3: a has a price already",
            ),
            (format!("{head},1,2\n"), "line 2: the model has no name"),
        ] {
            let line = read(&text).unwrap_err();
            assert!(line.contains(part) && !line.contains('\n'), "{line}");
            assert!(line.starts_with("AUTIO_PRICES: "), "{line}");
        }
        let missing = Prices::read(Some("/nowhere/prices.csv".into())).unwrap_err();
        assert!(
            missing
                .to_string()
                .contains("/nowhere/prices.csv: No such file")
        );
    }
}
