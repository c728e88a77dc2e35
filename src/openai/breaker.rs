//! The circuit breaker: while the model's server is failing it is left alone, and now and then asked whether it is well.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Failure;

/// So many failures in a row open it.
const FAILURES: u32 = 5;
/// How long it stays open before one call is let through as a probe.
const PAUSE: Duration = Duration::from_secs(20);

/// What is known of the server's health, by the calls of this process.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Failures since the last success.
    failures: u32,
    opened: Option<Instant>,
    /// A call is under way that will tell.
    probing: bool,
    last: Option<Failure>,
}

/// What is wrong with the model's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub failure: Failure,
    /// It is left alone over it.
    pub is_open: bool,
}

/// Leave for one reply. Dropped without a word, as when the person stops it, it tells nothing.
#[derive(Debug)]
pub struct Pass<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
}

impl Breaker {
    /// Leave for a reply; the last failure while the server is left alone.
    ///
    /// # Errors
    /// Why the breaker is open.
    pub fn enter(&self) -> Result<Pass<'_>, Failure> {
        let mut state = self.lock();
        let Some(opened) = state.opened else {
            return Ok(Pass {
                breaker: self,
                is_probe: false,
            });
        };
        if state.probing || opened.elapsed() < PAUSE {
            let unknown = || Failure::Unreachable("it failed before".into());
            return Err(state.last.clone().unwrap_or_else(unknown));
        }
        state.probing = true;
        Ok(Pass {
            breaker: self,
            is_probe: true,
        })
    }

    /// The failure that the last call ended with, if it did; and whether the server is left alone over it.
    pub fn trouble(&self) -> Option<Trouble> {
        let state = self.lock();
        Some(Trouble {
            failure: state.last.clone()?,
            is_open: state.opened.is_some(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked left it whole: every change is a few assignments.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// The server answered.
    pub fn succeeded(self) {
        let mut state = self.breaker.lock();
        if state.opened.is_some() {
            tracing::info!("the model's server answers again");
        }
        *state = State::default();
    }

    /// The reply failed. Failures that say nothing about the server's health don't count.
    pub fn failed(self, failure: &Failure) {
        if matches!(failure, Failure::Filtered | Failure::Ours(_)) {
            return;
        }
        let mut state = self.breaker.lock();
        state.last = Some(failure.clone());
        if !failure.is_the_servers() {
            return;
        }
        state.failures += 1;
        if self.is_probe || state.failures >= FAILURES {
            if state.opened.is_none() {
                tracing::error!(%failure, "the model's server keeps failing; the catalogue advisor answers meanwhile");
            }
            state.opened = Some(Instant::now());
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.lock().probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, times: u32) {
        for _ in 0..times {
            breaker.enter().unwrap().failed(&Failure::TooMany);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_closes_when_a_probe_is_answered() {
        let breaker = Breaker::default();
        fail(&breaker, FAILURES - 1);
        breaker.enter().unwrap().succeeded();
        fail(&breaker, FAILURES - 1);
        // What the person or the model is to blame for says nothing about the server.
        breaker.enter().unwrap().failed(&Failure::Filtered);
        breaker
            .enter()
            .unwrap()
            .failed(&Failure::Status(400, "context_length_exceeded".into()));
        assert!(breaker.enter().is_ok());
        fail(&breaker, 1);
        assert_eq!(breaker.enter().unwrap_err(), Failure::TooMany);
        let trouble = breaker.trouble().unwrap();
        assert!(trouble.is_open && trouble.failure == Failure::TooMany);

        tokio::time::advance(PAUSE).await;
        let probe = breaker.enter().unwrap();
        assert!(breaker.enter().is_err(), "one probe at a time");
        probe.failed(&Failure::TimedOut);
        assert_eq!(breaker.enter().unwrap_err(), Failure::TimedOut);
        tokio::time::advance(PAUSE).await;
        // A probe that is given up leaves the way open for the next.
        drop(breaker.enter().unwrap());
        breaker.enter().unwrap().succeeded();
        assert!(breaker.enter().is_ok() && breaker.trouble().is_none());
    }
}
