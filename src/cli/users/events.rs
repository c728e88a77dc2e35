//! `autio users events`: the log of what happened to accounts.

use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::{Database, Failure, PAGE, find, print_pages, time};
use crate::auth::Happening;
use crate::db::account_events::{self, Event};

#[derive(Debug, Args)]
pub struct Events {
    /// The email or id of an account, or the id of a session, a token, an invitation or a deleted account.
    about: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 100, conflicts_with = "all", value_parser = clap::value_parser!(i64).range(1..))]
    limit: i64,
    /// As many as there are.
    #[arg(long)]
    all: bool,
    /// Print a JSON object on each line.
    #[arg(long)]
    json: bool,
}

impl Events {
    pub fn run(&self) -> Result<(), Failure> {
        let database = Database::existing()?;
        let about = match &self.about {
            None => None,
            Some(text) => Some(match Uuid::try_parse(text.trim()) {
                // Also of what is gone.
                Ok(id) => id.to_string(),
                Err(_) => find(&database, text)?.id,
            }),
        };
        let mut left = if self.all { i64::MAX } else { self.limit };
        let page = |last: Option<&(Event, Option<String>)>| {
            let (about, before) = (about.clone(), last.map(|(event, _)| event.id.clone()));
            let limit = left.min(PAGE);
            left -= limit;
            match limit {
                0 => Ok(Vec::new()),
                _ => database.read(move |conn| {
                    account_events::list_all(conn, about.as_deref(), before.as_deref(), limit)
                }),
            }
        };
        if print_pages(self.json, page, show)? == 0 {
            eprintln!("autio: nothing of the kind has happened");
        }
        Ok(())
    }
}

fn show((event, email): &(Event, Option<String>)) -> (serde_json::Value, Vec<String>) {
    let mut json = json!(Happening::from(event));
    json["user_id"] = json!(event.user_id);
    json["email"] = json!(email);
    let mut columns = vec![
        time(event.created_at),
        format!("{:<19}", event.kind.as_str()),
        format!("{:<8}", event.actor.as_str()),
        email.clone().unwrap_or_else(|| "-".into()),
    ];
    let more = [
        ("from", &event.client),
        ("session", &event.session_id),
        ("of", &event.subject_id),
    ];
    for (word, value) in more {
        columns.extend(value.as_ref().map(|value| format!("{word} {value}")));
    }
    (json, columns)
}
