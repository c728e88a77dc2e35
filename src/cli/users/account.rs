//! `autio users create`, `deactivate`, `activate`, `reset-password` and `delete`.

use clap::Args;
use secrecy::ExposeSecret;
use serde_json::json;

use super::password::{Password, Source};
use super::show::account_json;
use super::{Database, Failure, confirm, find, gone, plain, print_one};
use crate::advisor::Knowledge;
use crate::auth::{check_email, ending};
use crate::cli::print;
use crate::db::account_events::{self, Actor, By, EventKind};
use crate::db::users::{self, Preferences, User};
use crate::db::{self, sessions};

#[derive(Debug, Args)]
pub struct Create {
    /// The email that the person logs in with.
    email: String,
    #[command(flatten)]
    password: Source,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct Who {
    /// The account's email or id.
    who: String,
}

#[derive(Debug, Args)]
pub struct Reset {
    /// The account's email or id.
    who: String,
    #[command(flatten)]
    password: Source,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct Delete {
    /// The account's email or id.
    who: String,
    /// Don't ask.
    #[arg(long)]
    yes: bool,
}

impl Create {
    pub fn run(&self) -> Result<(), Failure> {
        let email = check_email(&self.email)?;
        let database = Database::open()?;
        let wanted = email.clone();
        let taken = database.read(move |conn| users::by_email(conn, &wanted))?;
        // Before anybody has thought of a password.
        if taken.is_some() {
            return Err(Failure::Other(format!(
                "there is already an account with the email {email}"
            )));
        }
        let Password { hash, made_up } = self.password.get(&email)?;
        let user = User {
            id: db::new_id(),
            email,
            hashed_pw: hash,
            is_active: true,
            knowledge: Knowledge::Casual.as_str().into(),
            created_at: db::now(),
            preferences: Preferences::default(),
        };
        let row = user.clone();
        database.write(move |conn| {
            users::insert(conn, &row)?;
            let by = By::from_nowhere(Actor::Operator);
            account_events::record(conn, Some(&row.id), EventKind::Signup, &by, None)
        })?;
        let mut json = account_json(&user);
        let mut words = format!("{} has an account: {}", plain(&user.email), user.id);
        if let Some(password) = made_up {
            json["password"] = json!(password.expose_secret());
            words += &format!("\npassword: {}", password.expose_secret());
        }
        print_one(self.json, &json, &words)
    }
}

impl Who {
    pub fn deactivate(&self) -> Result<(), Failure> {
        let database = Database::existing()?;
        let user = find(&database, &self.who)?;
        let email = plain(&user.email);
        let changed = database.wait(ending::deactivate(&database.db, &user.id))?;
        print(&match changed {
            true => format!("{email} is off: nobody gets in, all sessions and tokens have ended\n"),
            false => format!("{email} was off already\n"),
        });
        Ok(())
    }

    pub fn activate(&self) -> Result<(), Failure> {
        let database = Database::existing()?;
        let user = find(&database, &self.who)?;
        let email = plain(&user.email);
        let changed = database.write(move |conn| {
            users::hold(conn, &user.id)?;
            let changed = users::set_active(conn, &user.id, true)?;
            if changed {
                let (kind, by) = (
                    EventKind::AccountActivated,
                    By::from_nowhere(Actor::Operator),
                );
                account_events::record(conn, Some(&user.id), kind, &by, None)?;
            }
            Ok(changed)
        })?;
        print(&match changed {
            true => format!("{email} is on, and can log in\n"),
            false => format!("{email} was on already\n"),
        });
        Ok(())
    }
}

impl Reset {
    pub fn run(&self) -> Result<(), Failure> {
        let database = Database::existing()?;
        let user = find(&database, &self.who)?;
        let Password { hash, made_up } = self.password.get(&user.email)?;
        let id = user.id.clone();
        let is_there = database.write(move |conn| {
            users::hold(conn, &id)?;
            if users::standing(conn, &id)?.is_none() {
                return Ok(false);
            }
            users::reset_password(conn, &id, &hash)?;
            sessions::revoke_all(conn, &id, db::now())?;
            let (kind, by) = (EventKind::PasswordReset, By::from_nowhere(Actor::Operator));
            account_events::record(conn, Some(&id), kind, &by, None)?;
            Ok(true)
        })?;
        if !is_there {
            return Err(gone(&self.who));
        }
        let email = plain(&user.email);
        let mut json = account_json(&user);
        let mut words = format!("{email} has another password; all sessions and tokens have ended");
        if !user.is_active {
            words += "\nthe account is off: `autio users activate` lets it log in";
        }
        if let Some(password) = made_up {
            json["password"] = json!(password.expose_secret());
            words += &format!("\npassword: {}", password.expose_secret());
        }
        print_one(self.json, &json, &words)
    }
}

impl Delete {
    pub fn run(&self) -> Result<(), Failure> {
        let database = Database::existing()?;
        let user = find(&database, &self.who)?;
        let email = plain(&user.email);
        if !self.yes {
            confirm(&format!(
                "This deletes {email} ({}) with all conversations, for good.",
                user.id
            ))?;
        }
        // Its workers ask for their stops by themselves.
        let deleted = ending::delete(&database.db, &user.id, Actor::Operator, drop);
        match database.wait(deleted)? {
            true => {
                print(&format!("{email} is deleted\n"));
                Ok(())
            }
            false => Err(gone(&self.who)),
        }
    }
}
