//! `autio users`: accounts, their sessions, the log of what happened to them, and invitations.

mod account;
mod events;
mod invitations;
mod password;
mod sessions;
mod show;

use std::io::{IsTerminal, Write};

use clap::Subcommand;
use serde_json::Value;
use uuid::Uuid;

use super::database::Database;
use super::{Failure, print_on};
use crate::db::users::{self, User};
use crate::error::Error;

/// How many rows are in memory at once.
const PAGE: i64 = 500;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List all accounts, the oldest first.
    List(show::List),
    /// Show one account.
    Show(show::Show),
    /// Make an account, with a password that is asked for, read or made up.
    Create(account::Create),
    /// Turn an account off: what runs for it stops, and all its sessions and tokens end for good.
    Deactivate(account::Who),
    /// Turn an account on again. Its person logs in anew.
    Activate(account::Who),
    /// Give an account another password, and end all its sessions and tokens.
    ResetPassword(account::Reset),
    /// Delete an account and everything of it.
    Delete(account::Delete),
    /// List where somebody is logged in and their tokens, or end them.
    Sessions(sessions::Sessions),
    /// Print what happened to accounts, the newest first.
    Events(events::Events),
    /// Make invitations, and print their links, which are shown this once.
    Invite(invitations::Invite),
    /// List invitations, or take them back.
    Invitations(invitations::List),
}

/// Runs one of the commands.
pub fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::List(list) => list.run(),
        Command::Show(show) => show.run(),
        Command::Create(create) => create.run(),
        Command::Deactivate(who) => who.deactivate(),
        Command::Activate(who) => who.activate(),
        Command::ResetPassword(reset) => reset.run(),
        Command::Delete(delete) => delete.run(),
        Command::Sessions(sessions) => sessions.run(),
        Command::Events(events) => events.run(),
        Command::Invite(invite) => invite.run(),
        Command::Invitations(list) => list.run(),
    }
}

/// The account with that email or id.
fn find(database: &Database, who: &str) -> Result<User, Failure> {
    let wanted = who.trim().to_lowercase();
    let found = database.read(move |conn| match Uuid::try_parse(&wanted) {
        Ok(id) => match users::get(conn, &id.to_string()) {
            Err(Error::NotFound) => Ok(None),
            found => found.map(Some),
        },
        Err(_) => users::by_email(conn, &wanted),
    })?;
    found.ok_or_else(|| {
        Failure::Other(format!(
            "there is no account with the email or id {who:?}; `autio users list` prints all"
        ))
    })
}

/// An account that went away between two looks at it.
fn gone(who: &str) -> Failure {
    Failure::Other(format!("{who} was deleted a moment ago"))
}

/// Prints rows as they come, a page of them at a time: each as a line of JSON, or as words in columns.
fn print_pages<T>(
    json: bool,
    mut page: impl FnMut(Option<&T>) -> Result<Vec<T>, Failure>,
    show: impl Fn(&T) -> (Value, Vec<String>),
) -> Result<usize, Failure> {
    let mut count = 0;
    let mut last = None;
    loop {
        let mut rows = page(last.as_ref())?;
        if rows.is_empty() {
            return Ok(count);
        }
        count += rows.len();
        let mut text = String::new();
        for (value, columns) in rows.iter().map(&show) {
            text += &match json {
                true => value.to_string(),
                false => columns
                    .iter()
                    .map(|part| plain(part))
                    .collect::<Vec<_>>()
                    .join("  "),
            };
            text.push('\n');
        }
        print_on(&text)?;
        last = rows.pop();
    }
}

/// Prints one thing as JSON, or in words.
fn print_one(json: bool, value: &Value, words: &str) -> Result<(), Failure> {
    match json {
        true => print_on(&format!("{value}\n")),
        false => print_on(&format!("{words}\n")),
    }
}

/// What people wrote, without what a terminal would obey.
pub(super) fn plain(text: &str) -> String {
    let seen = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(seen).collect()
}

/// A time as the tables have it: UTC.
fn time(at: chrono::NaiveDateTime) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Asks on the terminal before something is done that can't be undone.
fn confirm(question: &str) -> Result<(), Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::Argument(
            "there is no terminal to ask on: say --yes if you mean it".into(),
        ));
    }
    eprint!("{question} Type yes: ");
    std::io::stderr().flush().ok();
    let mut answer = String::new();
    stdin.read_line(&mut answer).ok();
    match answer.trim() {
        "yes" => Ok(()),
        _ => Err(Failure::Other("nothing was done".into())),
    }
}
