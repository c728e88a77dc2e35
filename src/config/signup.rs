//! Who may make an account over HTTP.

use super::{ConfigError, bad};

/// Who may make an account over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signup {
    /// Everybody.
    Open,
    /// Nobody: the operator makes accounts.
    Closed,
    /// Whoever has an invitation from the operator.
    Invitation,
}

impl Signup {
    /// Reads the setting; open if it isn't set.
    pub(super) fn parse(word: Option<&str>) -> Result<Self, ConfigError> {
        let Some(word) = word.map(str::trim) else {
            return Ok(Signup::Open);
        };
        let all = [Signup::Open, Signup::Closed, Signup::Invitation];
        let known = all.into_iter().find(|signup| signup.as_str() == word);
        known.ok_or_else(|| bad("AUTIO_SIGNUP", "must be open, closed or invitation"))
    }

    /// The setting's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Signup::Open => "open",
            Signup::Closed => "closed",
            Signup::Invitation => "invitation",
        }
    }

    /// What is said to who has no invitation; `None` where none is needed.
    pub fn refusal(self) -> Option<&'static str> {
        match self {
            Signup::Open => None,
            Signup::Closed => {
                Some("No new accounts are taken here. Ask whoever runs this site for one.")
            }
            Signup::Invitation => Some(
                "A new account here takes an invitation. Ask whoever runs this site for one, and open its link.",
            ),
        }
    }
}
