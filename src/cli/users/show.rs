//! `autio users list` and `show`.

use clap::Args;
use serde_json::{Value, json};

use super::{Database, Failure, PAGE, find, plain, print_one, print_pages, time};
use crate::db::sessions::Kind;
use crate::db::users::{self, User};
use crate::db::{self, account_events, sessions};

#[derive(Debug, Args)]
pub struct List {
    /// Only accounts that are on.
    #[arg(long, conflicts_with = "inactive")]
    active: bool,
    /// Only accounts that are off.
    #[arg(long)]
    inactive: bool,
    /// Print a JSON object on each line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct Show {
    /// The account's email or id.
    who: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl List {
    pub fn run(&self) -> Result<(), Failure> {
        let database = Database::existing()?;
        let is_active = match (self.active, self.inactive) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let page = |last: Option<&User>| {
            let after = last.map(|user| user.id.clone());
            database.read(move |conn| users::page(conn, after.as_deref(), is_active, PAGE))
        };
        let show = |user: &User| {
            let columns = vec![
                user.id.clone(),
                format!("{:<8}", state(user)),
                time(user.created_at),
                user.email.clone(),
            ];
            (account_json(user), columns)
        };
        if print_pages(self.json, page, show)? == 0 {
            eprintln!(
                "autio: {}",
                match is_active {
                    None => "there is no account yet",
                    Some(true) => "no account is on",
                    Some(false) => "no account is off",
                }
            );
        }
        Ok(())
    }
}

impl Show {
    pub fn run(&self) -> Result<(), Failure> {
        let database = Database::existing()?;
        let user = find(&database, &self.who)?;
        let id = user.id.clone();
        let (live, last_login) = database.read(move |conn| {
            Ok((
                sessions::live(conn, &id, db::now())?,
                account_events::last_login(conn, &id)?,
            ))
        })?;
        let tokens = live.iter().filter(|one| one.kind == Kind::Token).count();
        let logins = live.len() - tokens;
        let mut json = account_json(&user);
        json["knowledge"] = json!(user.knowledge);
        json["last_login_at"] = json!(last_login.map(|at| at.and_utc()));
        json["sessions"] = json!(logins);
        json["tokens"] = json!(tokens);
        let words = format!(
            "id          {}\nemail       {}\nstate       {}\nmade        {} UTC\nlast login  {}\nsessions    {logins}\ntokens      {tokens}",
            user.id,
            plain(&user.email),
            state(&user),
            time(user.created_at),
            last_login.map_or("none since this is written down".into(), |at| time(at)
                + " UTC"),
        );
        print_one(self.json, &json, &words)
    }
}

fn state(user: &User) -> &'static str {
    match user.is_active {
        true => "active",
        false => "inactive",
    }
}

/// An account as programs of the operator get it.
pub fn account_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "is_active": user.is_active,
        "created_at": user.created_at.and_utc(),
    })
}
