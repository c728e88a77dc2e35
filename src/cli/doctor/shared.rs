//! What instances share: Redis and RabbitMQ.

use super::{Finding, fail, ok, warn};
use crate::config::Config;
use crate::queue::{self, Lane};
use crate::redis::Redis;

pub async fn look_at_redis(config: &Config) -> Vec<Finding> {
    let Some(url) = &config.redis else {
        return vec![ok(
            "redis",
            "not set: each instance counts limits by itself",
        )];
    };
    let redis = Redis::open(url).await;
    vec![match redis.trouble() {
        None => ok("redis", format!("{url} takes what is written")),
        Some(trouble) => fail(
            "redis",
            format!("{url} can't be used: {trouble}; check REDIS_URL, and that it runs"),
        ),
    }]
}

pub async fn look_at_rabbitmq(config: &Config) -> Vec<Finding> {
    let Some(amqp) = &config.amqp else {
        return vec![ok(
            "rabbitmq",
            "not set: servers make the replies themselves",
        )];
    };
    let queues = match queue::look(amqp).await {
        Ok(queues) => queues,
        Err(trouble) => {
            let says = format!("can't be used: {trouble}; check AMQP_URL, and that it runs");
            return vec![fail("rabbitmq", says)];
        }
    };
    let mut found = vec![ok("rabbitmq", "connected")];
    found.extend(queues.into_iter().map(|queue| {
        let name = queue.name;
        match queue.standing {
            None => warn(
                "queue",
                format!(
                    "{name} isn't there; `autio serve` and `autio work` make it when they start"
                ),
            ),
            // What a batch asks for may wait.
            Some((waiting, 0)) if queue.lane == Lane::Interactive => fail(
                "queue",
                format!(
                    "{name} has {waiting} waiting and nobody takes from it; start `autio work`"
                ),
            ),
            Some((waiting, takers)) => ok(
                "queue",
                format!("{name} has {waiting} waiting and {takers} that take from it"),
            ),
        }
    }));
    found
}
