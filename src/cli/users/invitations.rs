//! `autio users invite` and `invitations`.

use chrono::{Duration, NaiveDateTime};
use clap::Args;
use secrecy::ExposeSecret;
use serde_json::json;

use super::{Database, Failure, PAGE, plain, print_on, print_pages, time};
use crate::auth::{check_email, invitations as secrets};
use crate::cli::print;
use crate::config::Signup;
use crate::db::account_events::{self, Actor, By, EventKind};
use crate::db::invitations::{self, Invitation};
use crate::db::{self, Conn, users};
use crate::error::Error;

/// How long the email of somebody who never came is kept after their invitation has expired.
const FORGET: Duration = Duration::days(30);

#[derive(Debug, Args)]
pub struct Invite {
    /// Let only that email sign up with it.
    #[arg(long)]
    email: Option<String>,
    /// How long the links can be used.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(i64).range(1..=365))]
    expires_in_days: i64,
    /// How many invitations to make, each for one account.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "email", value_parser = clap::value_parser!(u16).range(1..=100))]
    count: u16,
    /// Print a JSON object on each line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct List {
    /// Those that were used, have expired or were taken back as well.
    #[arg(long)]
    all: bool,
    /// Take back the one with that id, or `all` that somebody could still use.
    #[arg(long, value_name = "ID|all", conflicts_with = "all")]
    revoke: Option<String>,
    /// Print a JSON object on each line.
    #[arg(long, conflicts_with = "revoke")]
    json: bool,
}

impl Invite {
    pub fn run(&self) -> Result<(), Failure> {
        let email = self.email.as_deref().map(check_email).transpose()?;
        let database = Database::open()?;
        let now = db::now();
        let mut rows = Vec::new();
        let mut links = Vec::new();
        for _ in 0..self.count {
            let secret = secrets::new_secret()?;
            rows.push(Invitation {
                id: db::new_id(),
                secret_hash: secrets::hash(&secret),
                email: email.clone(),
                created_at: now,
                expires_at: now + Duration::days(self.expires_in_days),
                revoked_at: None,
                used_at: None,
                user_id: None,
            });
            let origin = &database.config.public_url;
            links.push(format!(
                "{origin}/signup?invitation={}",
                secret.expose_secret()
            ));
        }
        let stored = rows.clone();
        let taken = database.write(move |conn| {
            if let Some(email) = email
                && users::by_email(conn, &email)?.is_some()
            {
                return Ok(Some(email));
            }
            invitations::forget_unused(conn, now - FORGET)?;
            for row in &stored {
                invitations::insert(conn, row)?;
                record(conn, EventKind::InvitationMade, &row.id)?;
            }
            Ok(None)
        })?;
        if let Some(email) = taken {
            return Err(Failure::Other(format!(
                "there is already an account with the email {email}"
            )));
        }
        for (row, link) in rows.iter().zip(links) {
            let json = json!({
                "id": row.id,
                "link": link,
                "email": row.email,
                "expires_at": row.expires_at.and_utc(),
            });
            print_on(&match self.json {
                true => format!("{json}\n"),
                false => format!("{link}\n"),
            })?;
        }
        let signup = database.config.signup;
        if signup != Signup::Invitation {
            eprintln!(
                "autio: AUTIO_SIGNUP is {} here; servers ask for invitations where it is invitation",
                signup.as_str()
            );
        }
        Ok(())
    }
}

impl List {
    pub fn run(&self) -> Result<(), Failure> {
        let database = Database::existing()?;
        match self.revoke.as_deref() {
            None => self.list(&database),
            Some(id) => revoke(&database, id),
        }
    }

    fn list(&self, database: &Database) -> Result<(), Failure> {
        let now = db::now();
        let only_open = (!self.all).then_some(now);
        let page = |last: Option<&Invitation>| {
            let after = last.map(|one| one.id.clone());
            database.read(move |conn| invitations::page(conn, after.as_deref(), only_open, PAGE))
        };
        if print_pages(self.json, page, |one| show(one, now))? == 0 {
            eprintln!("autio: there is no such invitation");
        }
        Ok(())
    }
}

fn show(one: &Invitation, now: NaiveDateTime) -> (serde_json::Value, Vec<String>) {
    let json = json!({
        "id": one.id,
        "state": one.state(now),
        "email": one.email,
        "created_at": one.created_at.and_utc(),
        "expires_at": one.expires_at.and_utc(),
        "used_at": one.used_at.map(|at| at.and_utc()),
        "user_id": one.user_id,
    });
    let columns = vec![
        one.id.clone(),
        format!("{:<7}", one.state(now)),
        format!("until {}", time(one.expires_at)),
        plain(one.email.as_deref().unwrap_or("anybody")),
    ];
    (json, columns)
}

fn revoke(database: &Database, id: &str) -> Result<(), Failure> {
    let now = db::now();
    let wanted = id.trim().to_lowercase();
    let revoked = database.write(move |conn| {
        let ids = match wanted.as_str() {
            "all" => {
                let open = invitations::page(conn, None, Some(now), i64::MAX)?;
                open.into_iter().map(|one| one.id).collect()
            }
            _ => vec![wanted],
        };
        let mut revoked = 0;
        for id in ids {
            if invitations::revoke(conn, &id, now)? {
                record(conn, EventKind::InvitationRevoked, &id)?;
                revoked += 1;
            }
        }
        Ok(revoked)
    })?;
    match (revoked, id) {
        (0, "all") => print("there was none to take back\n"),
        (0, id) => {
            return Err(Failure::Other(format!(
                "there is no invitation {id} that somebody could still use; `autio users invitations` lists them"
            )));
        }
        (1, _) => print("1 invitation is taken back\n"),
        (count, _) => print(&format!("{count} invitations are taken back\n")),
    }
    Ok(())
}

/// No account's event: what is invited isn't one yet.
fn record(conn: &mut Conn, kind: EventKind, id: &str) -> Result<(), Error> {
    account_events::record(
        conn,
        None,
        kind,
        &By::from_nowhere(Actor::Operator),
        Some(id),
    )
}
