//! The same token buckets in Redis, for all instances: each step is one script, by Redis's own clock.

use std::fmt::Write;
use std::time::Duration;

use redis::Script;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{Action, Caller, Left, Name};
use crate::config::{Limits, Rate};
use crate::redis::{Away, Redis};

/// A bucket is kept as the time when it is full again, in microseconds, and for as long. A clock that was set back makes no
/// bucket emptier than empty.
const TAKE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, depth = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = tonumber(redis.call('GET', KEYS[1]) or now)
full = math.max(now, math.min(full, now + depth))
local used = full + interval - now
if used > depth then
  return {0, used - depth}
end
redis.call('SET', KEYS[1], string.format('%.0f', full + interval), 'PX', math.ceil(used / 1000))
return {1, depth - used}
";

const GIVE_BACK: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = tonumber(redis.call('GET', KEYS[1]) or now) - tonumber(ARGV[1])
if full <= now then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
end
return 0
";

/// The buckets of every action.
pub struct Buckets {
    redis: Redis,
    limits: Limits,
    /// Mixed into the names, so that who reads Redis can't try out which addresses have been here.
    salt: [u8; 32],
    take: Script,
    give_back: Script,
}

impl Buckets {
    pub(super) fn new(redis: Redis, limits: &Limits, secret: &SecretString) -> Self {
        let mut salt = Sha256::new();
        salt.update(b"autio limits\0");
        salt.update(secret.expose_secret());
        Self {
            redis,
            limits: *limits,
            salt: salt.finalize().into(),
            take: Script::new(TAKE),
            give_back: Script::new(GIVE_BACK),
        }
    }

    /// Takes one and says what is left, if there is a limit, or else how long it is until there is one.
    pub(super) async fn take(
        &self,
        action: Action,
        caller: Caller<'_>,
    ) -> Result<Result<Option<Left>, Duration>, Away> {
        let Some(rate) = action.rate(&self.limits) else {
            return Ok(Ok(None));
        };
        let interval = interval(rate);
        let mut take = self.take.prepare_invoke();
        take.key(self.key(action, caller)).arg(interval);
        take.arg(interval * u64::from(rate.burst));
        let (is_taken, time): (bool, u64) = self
            .redis
            .run(|mut connection| async move { take.invoke_async(&mut connection).await })
            .await?;
        let time = Duration::from_micros(time);
        Ok(match is_taken {
            true => Ok(Some(Left::of(time, Duration::from_micros(interval)))),
            false => Err(time),
        })
    }

    /// Puts one back. If Redis is away just then it stays taken, and comes back with time.
    pub(super) async fn give_back(&self, action: Action, caller: Caller<'_>) {
        let Some(rate) = action.rate(&self.limits) else {
            return;
        };
        let mut give_back = self.give_back.prepare_invoke();
        give_back.key(self.key(action, caller)).arg(interval(rate));
        let given: Result<i32, Away> = self
            .redis
            .run(|mut connection| async move { give_back.invoke_async(&mut connection).await })
            .await;
        given.ok();
    }

    fn key(&self, action: Action, caller: Caller<'_>) -> String {
        let mut hash = Sha256::new();
        hash.update(self.salt);
        hash.update(Name::of(caller).0);
        let mut key = format!("autio:limit:{}:", action.as_str());
        for byte in &hash.finalize()[..16] {
            // A String takes everything.
            write!(key, "{byte:02x}").ok();
        }
        key
    }
}

/// In microseconds, which is what Redis's clock has; never shorter than it is.
fn interval(rate: Rate) -> u64 {
    let microseconds = rate.interval().as_nanos().div_ceil(1_000);
    // At most a day.
    u64::try_from(microseconds).unwrap_or(u64::MAX)
}
