//! `autio users sessions`: where somebody is logged in, and an end to it.

use clap::Args;
use serde_json::json;

use super::{Database, Failure, find, plain, print_pages, time};
use crate::auth::end_one;
use crate::cli::print;
use crate::db::account_events::{self, Actor, By, EventKind};
use crate::db::sessions::{self, Kind, Session};
use crate::db::{self, users};
use crate::error::Error;

#[derive(Debug, Args)]
pub struct Sessions {
    /// The account's email or id.
    who: String,
    /// End the session or token with that id, or `all` of them.
    #[arg(long, value_name = "ID|all")]
    revoke: Option<String>,
    /// Print a JSON object on each line.
    #[arg(long, conflicts_with = "revoke")]
    json: bool,
}

impl Sessions {
    pub fn run(&self) -> Result<(), Failure> {
        let database = Database::existing()?;
        let user = find(&database, &self.who)?;
        match self.revoke.as_deref() {
            None => self.list(&database, user.id),
            Some("all") => {
                database.write(move |conn| {
                    users::hold(conn, &user.id)?;
                    sessions::revoke_all(conn, &user.id, db::now())?;
                    let (kind, by) = (
                        EventKind::SessionsRevoked,
                        By::from_nowhere(Actor::Operator),
                    );
                    account_events::record(conn, Some(&user.id), kind, &by, None)
                })?;
                print(&format!(
                    "all sessions and tokens of {} have ended\n",
                    plain(&user.email)
                ));
                Ok(())
            }
            Some(id) => revoke(&database, user.id, id),
        }
    }

    fn list(&self, database: &Database, user_id: String) -> Result<(), Failure> {
        let page = |last: Option<&Session>| match last {
            // They come all at once.
            Some(_) => Ok(Vec::new()),
            None => {
                let user_id = user_id.clone();
                database.read(move |conn| sessions::live(conn, &user_id, db::now()))
            }
        };
        let show = |one: &Session| {
            let json = json!({
                "id": one.id,
                "kind": one.kind,
                "name": one.name,
                "created_at": one.created_at.and_utc(),
                "expires_at": one.expires_at.and_utc(),
            });
            let columns = vec![
                one.id.clone(),
                format!("{:<7}", one.kind.as_str()),
                time(one.created_at),
                format!("until {}", time(one.expires_at)),
                one.name.clone().unwrap_or_default(),
            ];
            (json, columns)
        };
        if print_pages(self.json, page, show)? == 0 {
            eprintln!("autio: {} is logged in nowhere", self.who);
        }
        Ok(())
    }
}

fn revoke(database: &Database, user_id: String, id: &str) -> Result<(), Failure> {
    let wanted = id.trim().to_lowercase();
    let ended = database.write(move |conn| {
        let all = [Kind::Browser, Kind::Api, Kind::Token];
        let by = By::from_nowhere(Actor::Operator);
        match end_one(conn, &user_id, &wanted, &all, &by) {
            Err(Error::NotFound) => Ok(false),
            ended => ended.map(|()| true),
        }
    })?;
    match ended {
        true => {
            print(&format!("{id} has ended\n"));
            Ok(())
        }
        false => Err(Failure::Other(format!(
            "that account has no session or token {id} that lives; leave --revoke out to list them"
        ))),
    }
}
