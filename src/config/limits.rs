//! Limits and budgets: how often something may be done, and how much a day may take.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{ConfigError, Printed, bad};

/// What is set aside for a reply before the model begins, in tokens.
///
/// On the high side, so that replies made side by side don't overdraw a budget together: three calls upstream (search,
/// look closer, answer), each with the longest history that is sent (6,000) and some 4,600 of rules, tools, results and
/// text. A reply of more calls can take more; it is settled to what it took.
pub const RESERVED_TOKENS: i64 = 32_000;

/// So often at once, and then so often in that time: a bucket of `burst` tokens that refills evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub count: u32,
    pub unit: Unit,
}

/// The time in which a [`Rate`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
}

/// How many prompts a batch can have.
pub const BATCH: i64 = 1_000;

/// All limits and budgets in force; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Attempts to log in, for each client address and for each email.
    pub login: Option<Rate>,
    /// New accounts for each client address.
    pub signup: Option<Rate>,
    /// Messages for each person.
    pub chat: Option<Rate>,
    /// Unfinished replies of one person at a time.
    pub in_flight: Option<i64>,
    /// Prompts of one person's batches that wait to be asked, [`BATCH`] at least.
    pub waiting: Option<i64>,
    /// Messages of one person in a day (UTC).
    pub messages: Option<i64>,
    /// Tokens of the model for one person in a day (UTC), [`RESERVED_TOKENS`] at least.
    pub tokens: Option<i64>,
    /// Tokens of the model for everybody in a day (UTC), [`RESERVED_TOKENS`] at least.
    pub service_tokens: Option<i64>,
}

impl Limits {
    /// Reads them through `set`, which has no value for what isn't set. Every value is checked, also where
    /// `AUTIO_RATE_LIMITS` turns all of them off.
    pub(super) fn read(set: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let rate = |variable, default: &str| {
            let text = set(variable);
            parse_rate(variable, text.as_deref().unwrap_or(default))
        };
        let number = |variable, least, default: i64| match set(variable) {
            Some(text) => parse_number(variable, &text, least),
            None => Ok(Some(default)),
        };
        let limits = Self {
            login: rate("AUTIO_LIMIT_LOGIN", "10,1/min")?,
            signup: rate("AUTIO_LIMIT_SIGNUP", "3,3/h")?,
            chat: rate("AUTIO_LIMIT_CHAT", "20,20/min")?,
            in_flight: number("AUTIO_LIMIT_IN_FLIGHT", 1, 2)?,
            waiting: number("AUTIO_LIMIT_WAITING", BATCH, 10_000)?,
            messages: number("AUTIO_BUDGET_MESSAGES", 1, 500)?,
            tokens: number("AUTIO_BUDGET_TOKENS", RESERVED_TOKENS, 500_000)?,
            service_tokens: number("AUTIO_BUDGET_SERVICE_TOKENS", RESERVED_TOKENS, 20_000_000)?,
        };
        match set("AUTIO_RATE_LIMITS").as_deref().map(str::trim) {
            None | Some("on") => Ok(limits),
            Some("off") => Ok(Self::default()),
            Some(_) => Err(bad("AUTIO_RATE_LIMITS", "must be on or off")),
        }
    }

    /// Whether there is no limit and no budget at all.
    pub fn is_off(&self) -> bool {
        *self == Self::default()
    }

    /// Whether anything is counted in the database when a message is stored.
    pub fn count_replies(&self) -> bool {
        let counted = [
            self.in_flight,
            self.messages,
            self.tokens,
            self.service_tokens,
        ];
        counted.iter().any(Option::is_some)
    }
}

impl Rate {
    /// The time after which one more is allowed.
    pub fn interval(&self) -> Duration {
        self.unit.length() / self.count
    }
}

impl Unit {
    pub(super) fn length(self) -> Duration {
        Duration::from_secs(match self {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3_600,
            Unit::Day => 86_400,
        })
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Unit::Second => "s",
            Unit::Minute => "min",
            Unit::Hour => "h",
            Unit::Day => "day",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let all = [Unit::Second, Unit::Minute, Unit::Hour, Unit::Day];
        all.into_iter().find(|unit| unit.as_str() == text)
    }
}

/// `10,1/min`; the error says what is wanted.
impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const MOST: u32 = 1_000_000;
        let number = |text: &str| text.trim().parse().ok().filter(|n| (1..=MOST).contains(n));
        let parse = || {
            let (burst, rest) = text.split_once(',')?;
            let (count, unit) = rest.split_once('/')?;
            Some(Self {
                burst: number(burst)?,
                count: number(count)?,
                unit: Unit::parse(unit.trim())?,
            })
        };
        parse().ok_or_else(|| {
            format!(
                "must be a burst and a rate such as 10,1/min (numbers from 1 to {MOST}, per s, min, h or day)"
            )
        })
    }
}

/// As it is read.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}/{}", self.burst, self.count, self.unit.as_str())
    }
}

impl Limits {
    /// As `autio config` prints them.
    pub(super) fn printed(&self) -> Vec<Printed> {
        let switch = if self.is_off() { "off" } else { "on" };
        vec![
            ("AUTIO_RATE_LIMITS", switch.into()),
            ("AUTIO_LIMIT_LOGIN", or_off(self.login)),
            ("AUTIO_LIMIT_SIGNUP", or_off(self.signup)),
            ("AUTIO_LIMIT_CHAT", or_off(self.chat)),
            ("AUTIO_LIMIT_IN_FLIGHT", or_off(self.in_flight)),
            ("AUTIO_LIMIT_WAITING", or_off(self.waiting)),
            ("AUTIO_BUDGET_MESSAGES", or_off(self.messages)),
            ("AUTIO_BUDGET_TOKENS", or_off(self.tokens)),
            ("AUTIO_BUDGET_SERVICE_TOKENS", or_off(self.service_tokens)),
        ]
    }
}

fn or_off(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "off".into(), |value| value.to_string())
}

fn parse_rate(variable: &'static str, text: &str) -> Result<Option<Rate>, ConfigError> {
    if text.trim() == "off" {
        return Ok(None);
    }
    match text.parse() {
        Ok(rate) => Ok(Some(rate)),
        Err(wanted) => Err(bad(variable, format!("{wanted}, or off, not {text:?}"))),
    }
}

fn parse_number(
    variable: &'static str,
    text: &str,
    least: i64,
) -> Result<Option<i64>, ConfigError> {
    /// Far beyond any budget, and far from where sums overflow.
    const MOST: i64 = 1_000_000_000_000;
    if text.trim() == "off" {
        return Ok(None);
    }
    match text.trim().parse() {
        Ok(number) if (least..=MOST).contains(&number) => Ok(Some(number)),
        _ => {
            let why = match least {
                RESERVED_TOKENS => ", which is what is set aside for one reply",
                BATCH => ", which is what one batch can have",
                _ => "",
            };
            Err(bad(
                variable,
                format!("must be a whole number, at least {least}{why}, or off, not {text:?}"),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Limits, ConfigError> {
        Limits::read(|name| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_is_printed_can_be_read_again() {
        let given = [
            ("AUTIO_LIMIT_LOGIN", "5, 2/h"),
            ("AUTIO_LIMIT_CHAT", "off"),
            ("AUTIO_BUDGET_TOKENS", "40000"),
        ];
        for limits in [read(&[]).unwrap(), read(&given).unwrap(), Limits::default()] {
            let printed = limits.printed();
            let pairs = printed.iter().map(|(name, value)| (*name, value.as_str()));
            let pairs: Vec<_> = pairs.collect();
            assert_eq!(read(&pairs).unwrap(), limits, "{printed:?}");
        }
        let login = read(&given).unwrap().login.unwrap();
        assert_eq!(
            (login.burst, login.interval()),
            (5, Duration::from_secs(1800))
        );
    }

    #[test]
    fn a_bad_value_is_one_line_that_says_what_is_wanted() {
        for (name, value) in [
            ("AUTIO_RATE_LIMITS", "0"),
            ("AUTIO_LIMIT_LOGIN", "0,1/min"),
            ("AUTIO_LIMIT_LOGIN", "10,0/min"),
            ("AUTIO_LIMIT_SIGNUP", "3/h"),
            ("AUTIO_LIMIT_CHAT", "20,20/minute"),
            ("AUTIO_LIMIT_CHAT", "20,99999999999/s"),
            ("AUTIO_LIMIT_IN_FLIGHT", "0"),
            ("AUTIO_LIMIT_WAITING", "999"),
            ("AUTIO_BUDGET_MESSAGES", "-1"),
            ("AUTIO_BUDGET_TOKENS", "1000"),
            ("AUTIO_BUDGET_SERVICE_TOKENS", "lots"),
        ] {
            // Also where all limits are off: a typo is found before they are on again.
            let line = read(&[(name, value), ("AUTIO_RATE_LIMITS", "off")]).unwrap_err();
            let line = line.to_string();
            assert!(line.starts_with(name) && !line.contains('\n'), "{line}");
        }
    }
}
