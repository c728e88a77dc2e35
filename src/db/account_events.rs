//! The `account_events` table: what happened to accounts, only ever added to.
//!
//! Each row is written in the transaction of what it records, but for failed logins, which change nothing else. A row goes
//! with its account and not before; that an account was deleted stays, without a word about whose it was.

use std::net::IpAddr;

use chrono::{Duration, NaiveDateTime};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::Conn;
use super::schema::account_events::{self, dsl};
use super::schema::users;
use crate::error::Error;

text_enum! {
    /// What happened.
    EventKind {
        /// An account was made.
        Signup = "signup",
        Login = "login",
        /// Somebody gave a wrong password for the account, or it is off.
        LoginFailed = "login_failed",
        Logout = "logout",
        /// By whoever knew the old one; all other sessions and tokens ended.
        PasswordChanged = "password_changed",
        EmailChanged = "email_changed",
        TokenMade = "token_made",
        TokenRevoked = "token_revoked",
        SessionRevoked = "session_revoked",
        /// All logins but the one that asked; by the operator, all sessions and tokens.
        SessionsRevoked = "sessions_revoked",
        AccountDeactivated = "account_deactivated",
        AccountActivated = "account_activated",
        /// Stays when all else of the account is gone.
        AccountDeleted = "account_deleted",
        /// By the operator; all sessions and tokens ended.
        PasswordReset = "password_reset",
        InvitationMade = "invitation_made",
        InvitationRevoked = "invitation_revoked",
        InvitationUsed = "invitation_used",
    }
}

text_enum! {
    /// Who did it.
    Actor {
        /// Whose account it is, by their password or a session.
        Person = "person",
        /// Whoever runs the commands on the server.
        Operator = "operator",
        /// Anybody who tried.
        Unknown = "unknown",
    }
}

/// How many failed logins of one account are written down in 24 hours: whoever guesses can't fill the disk with it.
pub const MOST_FAILURES: i64 = 20;

/// Who does something, from where, and with which session.
#[derive(Clone, Debug)]
pub struct By {
    actor: Actor,
    client: Option<String>,
    session_id: Option<String>,
}

impl By {
    /// The person themselves, from that address as `web::client` has it.
    pub fn person(address: IpAddr, session_id: &str) -> Self {
        Self {
            session_id: Some(session_id.to_owned()),
            actor: Actor::Person,
            ..Self::unknown(address)
        }
    }

    /// Somebody who isn't let in.
    pub fn unknown(address: IpAddr) -> Self {
        Self {
            actor: Actor::Unknown,
            client: Some(match address {
                IpAddr::V4(_) => address.to_string(),
                IpAddr::V6(_) => format!("{address}/64"),
            }),
            session_id: None,
        }
    }

    /// Without a word about where: the operator, and whoever leaves nothing of themselves behind.
    pub fn from_nowhere(actor: Actor) -> Self {
        Self {
            actor,
            client: None,
            session_id: None,
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = account_events)]
struct NewEvent<'a> {
    id: String,
    user_id: Option<&'a str>,
    kind: &'static str,
    actor: &'static str,
    client: Option<&'a str>,
    session_id: Option<&'a str>,
    subject_id: Option<&'a str>,
    created_at: NaiveDateTime,
}

/// A row of `account_events`.
#[derive(Clone, Debug, Queryable)]
pub struct Event {
    pub id: String,
    /// `None` for what is no account's.
    pub user_id: Option<String>,
    #[diesel(deserialize_as = String)]
    pub kind: EventKind,
    #[diesel(deserialize_as = String)]
    pub actor: Actor,
    /// The client's address; of IPv6 the /64.
    pub client: Option<String>,
    /// The session that it was done with.
    pub session_id: Option<String>,
    /// The session, token, invitation or deleted account that it was done to.
    pub subject_id: Option<String>,
    pub created_at: NaiveDateTime,
}

/// Writes down what is done in this transaction: to an account, or with `None` to what is no account's.
pub fn record(
    conn: &mut Conn,
    user_id: Option<&str>,
    kind: EventKind,
    by: &By,
    subject_id: Option<&str>,
) -> Result<(), Error> {
    let event = NewEvent {
        id: super::new_id(),
        user_id,
        kind: kind.as_str(),
        actor: by.actor.as_str(),
        client: by.client.as_deref(),
        session_id: by.session_id.as_deref(),
        subject_id,
        created_at: super::now(),
    };
    diesel::insert_into(account_events::table)
        .values(event)
        .execute(conn)?;
    Ok(())
}

/// Writes down that a login failed, [`MOST_FAILURES`] times a day and account at most.
pub fn record_failure(conn: &mut Conn, user_id: &str, by: &By) -> Result<(), Error> {
    // Of many at once each sees those before it.
    super::users::hold(conn, user_id)?;
    let written: i64 = account_events::table
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::kind.eq(EventKind::LoginFailed.as_str()))
        .filter(dsl::created_at.gt(super::now() - Duration::hours(24)))
        .count()
        .get_result(conn)?;
    match written < MOST_FAILURES {
        true => record(conn, Some(user_id), EventKind::LoginFailed, by, None),
        false => Ok(()),
    }
}

/// What happened to that user's account, the newest first, at most `limit`, before the event with that id.
pub fn list(
    conn: &mut Conn,
    user_id: &str,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Event>, Error> {
    let mut query = account_events::table
        .filter(dsl::user_id.eq(user_id))
        .order(dsl::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(dsl::id.lt(before.to_owned()));
    }
    Ok(query.load(conn)?)
}

/// Whether somebody has got into the account from there since then.
pub fn is_known(
    conn: &mut Conn,
    user_id: &str,
    by: &By,
    since: NaiveDateTime,
) -> Result<bool, Error> {
    let kinds = [EventKind::Signup, EventKind::Login].map(EventKind::as_str);
    let known = account_events::table
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::kind.eq_any(kinds))
        .filter(dsl::client.eq(by.client.as_deref()))
        .filter(dsl::created_at.ge(since));
    Ok(known.count().get_result::<i64>(conn)? > 0)
}

/// When somebody last got into the account.
pub fn last_login(conn: &mut Conn, user_id: &str) -> Result<Option<NaiveDateTime>, Error> {
    let kinds = [EventKind::Signup, EventKind::Login].map(EventKind::as_str);
    let query = account_events::table
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::kind.eq_any(kinds))
        .filter(dsl::actor.eq(Actor::Person.as_str()))
        .order(dsl::id.desc())
        .select(dsl::created_at);
    Ok(query.first(conn).optional()?)
}

/// What happened to all accounts, or to whatever has that id; each with the account's email, the newest first, at most
/// `limit`, before the event with that id.
///
/// It isn't on one person's rows: it is for the operator alone.
pub fn list_all(
    conn: &mut Conn,
    about: Option<&str>,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<(Event, Option<String>)>, Error> {
    let mut query = account_events::table
        .left_join(users::table)
        .order(dsl::id.desc())
        .limit(limit)
        .select((account_events::all_columns, users::email.nullable()))
        .into_boxed();
    if let Some(id) = about.map(str::to_owned) {
        query = query.filter(dsl::user_id.eq(id.clone()).or(dsl::subject_id.eq(id)));
    }
    if let Some(before) = before {
        query = query.filter(dsl::id.lt(before.to_owned()));
    }
    Ok(query.load(conn)?)
}

const REFUSAL: &str = "account_events is append-only";

/// Lets SQLite refuse whatever isn't an addition, but for rows that go with their account. `INSERT OR REPLACE` deletes without
/// asking the trigger of deletions.
pub(super) fn seal_sqlite(conn: &mut SqliteConnection) -> QueryResult<()> {
    conn.batch_execute(&format!(
        "CREATE TRIGGER IF NOT EXISTS account_events_stay BEFORE UPDATE ON account_events
         BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END;
         CREATE TRIGGER IF NOT EXISTS account_events_last BEFORE DELETE ON account_events
         WHEN OLD.user_id IS NULL OR EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id)
         BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END;
         CREATE TRIGGER IF NOT EXISTS account_events_new BEFORE INSERT ON account_events
         WHEN EXISTS (SELECT 1 FROM account_events WHERE id = NEW.id)
         BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END;"
    ))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

const TRIGGERS_OF_SQLITE: &str = "SELECT COUNT(*) AS count FROM sqlite_master
     WHERE type = 'trigger' AND tbl_name = 'account_events' AND name LIKE 'account_events_%'";
const TRIGGERS_OF_POSTGRES: &str = "SELECT COUNT(*) AS count FROM pg_trigger
     WHERE tgrelid = to_regclass('account_events') AND tgname LIKE 'account_events_%' AND tgenabled = 'O'";

/// Whether the database refuses whatever isn't an addition.
pub(super) fn is_sealed(conn: &mut Conn) -> Result<bool, Error> {
    let (triggers, wanted) = match conn {
        Conn::Sqlite(_) => (TRIGGERS_OF_SQLITE, 3),
        Conn::Postgres(_) => (TRIGGERS_OF_POSTGRES, 2),
    };
    let Count { count } = diesel::sql_query(triggers).get_result(conn)?;
    Ok(count == wanted)
}

/// The same for PostgreSQL. Where it is done already nothing is locked.
pub(super) fn seal_postgres(conn: &mut PgConnection) -> QueryResult<()> {
    let triggers = diesel::sql_query(
        "SELECT COUNT(*) AS count FROM pg_trigger
         WHERE tgrelid = to_regclass('account_events') AND tgname LIKE 'account_events_%'",
    );
    if triggers.get_result::<Count>(conn)?.count == 2 {
        return Ok(());
    }
    conn.batch_execute(&format!(
        "CREATE OR REPLACE FUNCTION refuse_account_events() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF TG_OP = 'DELETE' THEN
                 IF OLD.user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id) THEN
                     RETURN OLD;
                 END IF;
             END IF;
             RAISE EXCEPTION '{REFUSAL}';
         END $$;
         CREATE TRIGGER account_events_stay BEFORE UPDATE OR DELETE ON account_events
         FOR EACH ROW EXECUTE FUNCTION refuse_account_events();
         CREATE TRIGGER account_events_whole BEFORE TRUNCATE ON account_events
         FOR EACH STATEMENT EXECUTE FUNCTION refuse_account_events();"
    ))
}
