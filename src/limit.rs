//! Rate limits by named action, for whoever asks: by account and by client address.

mod memory;
mod redis;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use sha2::{Digest, Sha256};

use self::memory::Memory;
use self::redis::Buckets;
use crate::config::{Limits, Rate};
use crate::error::{Error, in_words};
use crate::redis::{Away, Redis};

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Login,
    Signup,
    Chat,
}

/// For whom it is counted.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// A client's address as `web::client` has it.
    Address(IpAddr),
    /// An email or an account's id, whether there is such an account or not.
    Account(&'a str),
}

/// What is left to a caller once one was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// How many more there are at once.
    pub remaining: u32,
    /// The time until there is one more than that.
    pub more_in: Duration,
    /// Of the time that a full bucket stands for, what isn't used.
    unused: Duration,
}

impl Left {
    /// Nothing, until so many seconds have passed.
    pub fn none(seconds: u64) -> Self {
        Self {
            remaining: 0,
            more_in: Duration::from_secs(seconds),
            unused: Duration::ZERO,
        }
    }

    /// Of the time that a full bucket stands for, what isn't used.
    fn of(unused: Duration, interval: Duration) -> Self {
        let remaining = unused.as_nanos() / interval.as_nanos();
        let remaining = u32::try_from(remaining).unwrap_or(u32::MAX - 1);
        Self {
            remaining,
            more_in: (interval * (remaining + 1)).saturating_sub(unused),
            unused,
        }
    }
}

/// Where it is counted, chosen once at start.
pub enum Limiter {
    /// In this process: with several instances each counts for itself.
    Memory(Memory),
    /// In Redis for all instances together; and in this process what it let through itself and what it heard from Redis, which
    /// holds while Redis is away, or has come back empty.
    Redis(Memory, Box<Buckets>),
}

impl Limiter {
    /// Counts in this process, by the rates in the settings.
    pub fn memory(limits: &Limits) -> Self {
        Limiter::Memory(Memory::new(limits))
    }

    /// Counts for all instances; they share the secret.
    pub fn redis(redis: Redis, limits: &Limits, secret: &SecretString) -> Self {
        let buckets = Buckets::new(redis, limits, secret);
        Limiter::Redis(Memory::new(limits), Box::new(buckets))
    }

    /// Takes one for that caller, and says what is left; None where there is no limit.
    ///
    /// # Errors
    /// [`Error::TooMany`] when none is left, with the seconds until there is one again. Nothing is taken then.
    pub async fn take(&self, action: Action, caller: Caller<'_>) -> Result<Option<Left>, Error> {
        let taken = match self {
            Limiter::Memory(memory) => memory.take(action, caller, Instant::now()),
            Limiter::Redis(memory, buckets) => {
                take_from_both(memory, buckets, action, caller).await
            }
        };
        taken.map_err(|wait| {
            // Never too early by a fraction of a second.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Error::TooMany {
                limit: action.as_str(),
                detail: action.refuse(caller, seconds.max(1)),
                retry_after: seconds.max(1),
            }
        })
    }

    /// Puts one back that was taken for nothing.
    pub async fn give_back(&self, action: Action, caller: Caller<'_>) {
        match self {
            Limiter::Memory(memory) => memory.give_back(action, caller, Instant::now()),
            Limiter::Redis(memory, buckets) => {
                memory.give_back(action, caller, Instant::now());
                buckets.give_back(action, caller).await;
            }
        }
    }
}

/// First from this process's own: whoever has none left here has none left anywhere, and costs Redis nothing.
async fn take_from_both(
    memory: &Memory,
    buckets: &Buckets,
    action: Action,
    caller: Caller<'_>,
) -> Result<Option<Left>, Duration> {
    let left_here = memory.take(action, caller, Instant::now())?;
    match buckets.take(action, caller).await {
        Ok(Err(wait)) => {
            memory.give_back(action, caller, Instant::now());
            memory.learn(action, caller, Err(wait), Instant::now());
            Err(wait)
        }
        Ok(Ok(left)) => {
            if let Some(left) = left {
                memory.learn(action, caller, Ok(left.unused), Instant::now());
            }
            Ok(left)
        }
        Err(Away) => Ok(left_here),
    }
}

impl Action {
    /// How often it may be done; None for as often as anybody likes.
    pub fn rate(self, limits: &Limits) -> Option<Rate> {
        match self {
            Action::Login => limits.login,
            Action::Signup => limits.signup,
            Action::Chat => limits.chat,
        }
    }

    /// Its name in headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Login => "login",
            Action::Signup => "signup",
            Action::Chat => "chat",
        }
    }

    fn refuse(self, caller: Caller<'_>, seconds: u64) -> String {
        let wait = in_words(seconds);
        match (self, caller) {
            (Action::Login, Caller::Account(_)) => {
                format!("Too many attempts to log in with this email. Wait {wait}, then try again.")
            }
            (Action::Login, Caller::Address(_)) => {
                format!(
                    "Too many attempts to log in from your network. Wait {wait}, then try again."
                )
            }
            (Action::Signup, _) => format!(
                "Too many accounts were made from your network. Wait {wait}, then sign up again, or log in if you have an account."
            ),
            (Action::Chat, _) => format!(
                "That was too much at once, so it was not sent. Wait {wait}, then send it again."
            ),
        }
    }
}

/// A caller's name among the buckets: of one length whatever it is made from, and nobody's email or address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Name([u8; 16]);

impl Name {
    fn of(caller: Caller<'_>) -> Self {
        let mut hash = Sha256::new();
        match caller {
            Caller::Address(address) => hash.update(format!("address\0{address}")),
            Caller::Account(account) => hash.update(format!("account\0{account}")),
        }
        let mut name = [0; 16];
        name.copy_from_slice(&hash.finalize()[..16]);
        Self(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_refused_hears_how_long_and_others_have_buckets_of_their_own() {
        let limits = Limits {
            login: Some("3,1/min".parse().unwrap()),
            ..Limits::default()
        };
        let limiter = Limiter::memory(&limits);
        let ann = Caller::Account("ann@example.com");
        for left in [2, 1, 0] {
            let taken = limiter.take(Action::Login, ann).await.unwrap();
            assert_eq!(taken.unwrap().remaining, left);
        }
        let refused = limiter.take(Action::Login, ann).await.unwrap_err();
        // A little less, and rounded up.
        assert!(matches!(refused.retry_after(), Some(50..=60)), "{refused}");
        let sentence = refused.to_string();
        assert!(sentence.contains(" seconds, then try again."), "{sentence}");
        limiter.give_back(Action::Login, ann).await;
        limiter.take(Action::Login, ann).await.unwrap();
        let other = Caller::Account("bob@example.com");
        limiter.take(Action::Login, other).await.unwrap();
        // What has no rate has no limit.
        assert_eq!(limiter.take(Action::Chat, ann).await.unwrap(), None);
    }
}
