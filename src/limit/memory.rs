//! Token buckets in this process, as the generic cell rate algorithm keeps them: one point in time for each caller.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Action, Caller, Left, Name};
use crate::config::{Limits, Rate};

/// How many callers one action remembers at most, by address and by account each: some 5 MiB.
const MOST: usize = 100_000;

/// The buckets of every action, by address and by account.
pub struct Memory {
    login: [Option<Buckets>; 2],
    signup: [Option<Buckets>; 2],
    chat: [Option<Buckets>; 2],
}

impl Memory {
    pub(super) fn new(limits: &Limits) -> Self {
        let buckets = |action: Action| {
            [(); 2].map(|()| action.rate(limits).map(|rate| Buckets::new(rate, MOST)))
        };
        Self {
            login: buckets(Action::Login),
            signup: buckets(Action::Signup),
            chat: buckets(Action::Chat),
        }
    }

    /// Takes one and says what is left, if there is a limit, or else how long it is until there is one.
    pub(super) fn take(
        &self,
        action: Action,
        caller: Caller<'_>,
        now: Instant,
    ) -> Result<Option<Left>, Duration> {
        let buckets = self.of(action, caller);
        let taken = buckets.map(|buckets| buckets.take(Name::of(caller), now));
        taken.transpose()
    }

    pub(super) fn give_back(&self, action: Action, caller: Caller<'_>, now: Instant) {
        if let Some(buckets) = self.of(action, caller) {
            buckets.give_back(Name::of(caller), now);
        }
    }

    /// What somebody who counts for all says is left, as time that is unused or that has to pass until there is one: here
    /// there is no more than that.
    pub(super) fn learn(
        &self,
        action: Action,
        caller: Caller<'_>,
        left: Result<Duration, Duration>,
        now: Instant,
    ) {
        if let Some(buckets) = self.of(action, caller) {
            buckets.learn(Name::of(caller), left, now);
        }
    }

    fn of(&self, action: Action, caller: Caller<'_>) -> Option<&Buckets> {
        let both = match action {
            Action::Login => &self.login,
            Action::Signup => &self.signup,
            Action::Chat => &self.chat,
        };
        match caller {
            Caller::Address(_) => both[0].as_ref(),
            Caller::Account(_) => both[1].as_ref(),
        }
    }
}

/// The buckets of one action.
struct Buckets {
    /// The time after which one more is allowed.
    interval: Duration,
    /// The time that a full bucket stands for.
    depth: Duration,
    most: usize,
    /// For each caller when its bucket is full again. Who isn't here has a full one.
    full_at: Mutex<HashMap<Name, Instant>>,
}

impl Buckets {
    fn new(rate: Rate, most: usize) -> Self {
        Self {
            interval: rate.interval(),
            depth: rate.interval() * rate.burst,
            most,
            full_at: Mutex::default(),
        }
    }

    fn take(&self, name: Name, now: Instant) -> Result<Left, Duration> {
        self.with(|full_at| {
            let before = full_at.get(&name).map_or(now, |full| (*full).max(now));
            let after = before + self.interval;
            let used = after - now;
            if used > self.depth {
                return Err(used - self.depth);
            }
            if full_at.len() >= self.most && !full_at.contains_key(&name) {
                forget(full_at, self.most - self.most / 4, now);
            }
            full_at.insert(name, after);
            Ok(Left::of(self.depth - used, self.interval))
        })
    }

    fn give_back(&self, name: Name, now: Instant) {
        self.with(|full_at| {
            if let Some(full) = full_at.get_mut(&name) {
                *full = full.checked_sub(self.interval).unwrap_or(now);
                if *full <= now {
                    full_at.remove(&name);
                }
            }
        });
    }

    fn learn(&self, name: Name, left: Result<Duration, Duration>, now: Instant) {
        let used = match left {
            Ok(unused) => self.depth.saturating_sub(unused),
            // With one more it would be over by that.
            Err(wait) => (self.depth + wait.min(self.interval)).saturating_sub(self.interval),
        };
        self.with(|full_at| {
            // Whoever isn't here took nothing here, and was refused there: that is remembered as if they had.
            let full = full_at.entry(name).or_insert(now);
            *full = (*full).max(now + used);
        });
    }

    fn with<T>(&self, run: impl FnOnce(&mut HashMap<Name, Instant>) -> T) -> T {
        // Whoever panicked left the map whole: every change to it is a single call.
        run(&mut self.full_at.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Makes room: buckets that are full again go first, and then those that are nearest to it.
///
/// A flood of made-up callers thus pushes out its own, which have used one each, and not those who have used up theirs:
/// they are the ones that the limit is for. A quarter goes at once, so that each of a flood pays for a few steps only.
fn forget(full_at: &mut HashMap<Name, Instant>, keep: usize, now: Instant) {
    full_at.retain(|_, full| *full > now);
    let Some(surplus) = full_at.len().checked_sub(keep).filter(|n| *n > 0) else {
        return;
    };
    let mut order: Vec<(Instant, Name)> =
        full_at.iter().map(|(name, full)| (*full, *name)).collect();
    order.select_nth_unstable_by_key(surplus - 1, |(full, _)| *full);
    for (_, name) in &order[..surplus] {
        full_at.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: u32) -> Name {
        Name::of(Caller::Account(&number.to_string()))
    }

    fn buckets(rate: &str, most: usize) -> Buckets {
        Buckets::new(rate.parse().unwrap(), most)
    }

    #[test]
    fn what_was_heard_from_who_counts_for_all_holds_here() {
        let buckets = buckets("3,1/min", 8);
        let minute = Duration::from_secs(60);
        let now = Instant::now();
        buckets.take(name(1), now).unwrap();
        // Others let two more through.
        buckets.learn(name(1), Ok(Duration::ZERO), now);
        assert_eq!(buckets.take(name(1), now), Err(minute));
        // Less than is known is no news.
        buckets.learn(name(1), Ok(minute), now);
        assert_eq!(buckets.take(name(1), now), Err(minute));
        buckets.learn(name(2), Err(minute / 2), now);
        assert_eq!(buckets.take(name(2), now), Err(minute / 2));
        assert!(buckets.take(name(2), now + minute / 2).is_ok());
    }

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let buckets = buckets("10,1/min", 8);
        let start = Instant::now();
        for left in (0..10).rev() {
            let minute = Duration::from_secs(60);
            let left = Left::of(minute * left, minute);
            assert_eq!(left.more_in, minute);
            assert_eq!(buckets.take(name(1), start), Ok(left));
        }
        let wait = buckets.take(name(1), start).unwrap_err();
        assert_eq!(wait, Duration::from_secs(60));
        // What was refused cost nothing, and exactly then there is one again.
        let early = start + wait - Duration::from_nanos(1);
        assert_eq!(buckets.take(name(1), early), Err(Duration::from_nanos(1)));
        let left = buckets.take(name(1), start + wait).unwrap();
        assert_eq!((left.remaining, left.more_in), (0, wait));
        assert!(buckets.take(name(1), start + wait).is_err());
        // What is half way back isn't there yet.
        let left = buckets.take(name(1), start + wait * 7 / 2).unwrap();
        assert_eq!((left.remaining, left.more_in), (1, wait / 2));
        // After a long rest it is a burst again, and not more.
        let later = start + Duration::from_secs(86_400);
        let passed = (0..20).filter(|_| buckets.take(name(1), later).is_ok());
        assert_eq!(passed.count(), 10);
        buckets.give_back(name(1), later);
        assert!(buckets.take(name(1), later).is_ok());
        assert!(buckets.take(name(1), later).is_err());
    }

    #[test]
    fn giving_back_never_makes_more_than_a_full_bucket() {
        let buckets = buckets("2,1/s", 8);
        let now = Instant::now();
        buckets.take(name(1), now).unwrap();
        for _ in 0..5 {
            buckets.give_back(name(1), now);
        }
        let passed = (0..5).filter(|_| buckets.take(name(1), now).is_ok());
        assert_eq!(passed.count(), 2);
    }

    #[test]
    fn many_at_once_get_exactly_the_burst() {
        let buckets = buckets("50,1/day", 8);
        let now = Instant::now();
        let passed = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        if buckets.take(name(1), now).is_ok() {
                            passed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(passed.into_inner(), 50);
    }

    #[test]
    fn a_flood_of_made_up_callers_is_forgotten_before_who_is_at_the_limit() {
        let buckets = buckets("3,1/h", 1_000);
        let now = Instant::now();
        for _ in 0..3 {
            buckets.take(name(0), now).unwrap();
        }
        for number in 1..20_000 {
            buckets.take(name(number), now).unwrap();
            assert!(buckets.with(|full_at| full_at.len()) <= 1_000);
        }
        assert!(buckets.take(name(0), now).is_err());
        // Once they are full again nobody is remembered for nothing.
        let later = now + Duration::from_secs(3 * 3_600);
        for number in 0..1_000 {
            buckets.take(name(30_000 + number), later).unwrap();
        }
        let old = buckets.with(|full_at| full_at.contains_key(&name(0)));
        assert!(!old);
    }
}
