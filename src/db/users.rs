//! The `users` table: accounts, and what each person has set for themselves.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::schema::users;
use crate::cars::cost::Assumptions;
use crate::cars::units::Units;
use crate::error::{Error, FieldError};

text_enum! {
    /// The colours of the pages.
    Theme {
        /// As the browser has it.
        System = "system",
        Light = "light",
        Dark = "dark",
    }
}

/// A row of `users`.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = users)]
pub struct User {
    pub id: String,
    /// Lower case, without spaces around it.
    pub email: String,
    /// Argon2id in PHC string form.
    pub hashed_pw: String,
    pub is_active: bool,
    /// One of the names of `advisor::Knowledge`.
    pub knowledge: String,
    pub created_at: NaiveDateTime,
    /// A new account has the database's defaults.
    #[diesel(skip_insertion)]
    pub preferences: Preferences,
}

/// What a person has set. `None` is left to the default of [`Assumptions`].
#[derive(Clone, Debug, PartialEq, Queryable)]
pub struct Preferences {
    pub miles_per_year: Option<i32>,
    /// Of the miles, 0 to 100.
    pub city_percent: Option<i32>,
    /// US dollars a gallon.
    pub regular_usd: Option<f64>,
    pub midgrade_usd: Option<f64>,
    pub premium_usd: Option<f64>,
    pub diesel_usd: Option<f64>,
    /// US dollars a kWh.
    pub electricity_usd: Option<f64>,
    /// US dollars for the energy of a gallon of gasoline.
    pub natural_gas_usd: Option<f64>,
    /// US dollars a kilogram.
    pub hydrogen_usd: Option<f64>,
    #[diesel(deserialize_as = String)]
    pub units: Units,
    #[diesel(deserialize_as = String)]
    pub theme: Theme,
}

/// What is to be changed of an account's settings: `None` stays, `Some(None)` goes back to the default.
#[derive(Clone, Debug, Default, PartialEq, AsChangeset)]
#[diesel(table_name = users)]
pub struct Changes {
    pub knowledge: Option<&'static str>,
    pub miles_per_year: Option<Option<i32>>,
    pub city_percent: Option<Option<i32>>,
    pub regular_usd: Option<Option<f64>>,
    pub midgrade_usd: Option<Option<f64>>,
    pub premium_usd: Option<Option<f64>>,
    pub diesel_usd: Option<Option<f64>>,
    pub electricity_usd: Option<Option<f64>>,
    pub natural_gas_usd: Option<Option<f64>>,
    pub hydrogen_usd: Option<Option<f64>>,
    pub units: Option<&'static str>,
    pub theme: Option<&'static str>,
}

/// The columns, written once, as a type and as what is selected.
macro_rules! columns {
    ($($column:ident),+; $($preference:ident),+ $(,)?) => {
        type Columns = ($(users::$column,)+ ($(users::$preference,)+));

        /// What a [`User`] is read from.
        pub(super) const COLUMNS: Columns = ($(users::$column,)+ ($(users::$preference,)+));
    };
}

columns!(
    id, email, hashed_pw, is_active, knowledge, created_at;
    miles_per_year, city_percent, regular_usd, midgrade_usd, premium_usd, diesel_usd,
    electricity_usd, natural_gas_usd, hydrogen_usd, units, theme
);

impl Default for Preferences {
    fn default() -> Self {
        Self {
            miles_per_year: None,
            city_percent: None,
            regular_usd: None,
            midgrade_usd: None,
            premium_usd: None,
            diesel_usd: None,
            electricity_usd: None,
            natural_gas_usd: None,
            hydrogen_usd: None,
            units: Units::Mpg,
            theme: Theme::System,
        }
    }
}

impl Preferences {
    /// How the person drives and what they pay, as far as they have said it.
    pub fn assumptions(&self) -> Assumptions {
        let usual = Assumptions::default();
        let miles = self.miles_per_year.and_then(|miles| miles.try_into().ok());
        let city = self.city_percent.and_then(|city| city.try_into().ok());
        Assumptions {
            miles_per_year: miles.unwrap_or(usual.miles_per_year),
            city_percent: city.unwrap_or(usual.city_percent),
            regular_usd: self.regular_usd.unwrap_or(usual.regular_usd),
            midgrade_usd: self.midgrade_usd.unwrap_or(usual.midgrade_usd),
            premium_usd: self.premium_usd.unwrap_or(usual.premium_usd),
            diesel_usd: self.diesel_usd.unwrap_or(usual.diesel_usd),
            electricity_usd: self.electricity_usd.unwrap_or(usual.electricity_usd),
            natural_gas_usd: self.natural_gas_usd.unwrap_or(usual.natural_gas_usd),
            hydrogen_usd: self.hydrogen_usd.or(usual.hydrogen_usd),
            ..usual
        }
    }
}

/// Stores a new account, or says that the email is taken.
pub fn insert(conn: &mut Conn, user: &User) -> Result<(), Error> {
    let stored = diesel::insert_into(users::table).values(user).execute(conn);
    unless_taken(stored, " Log in instead.")
}

/// The account with that email (given in lower case), if there is one.
pub fn by_email(conn: &mut Conn, email: &str) -> Result<Option<User>, Error> {
    let query = users::table.filter(users::email.eq(email)).select(COLUMNS);
    Ok(query.first(conn).optional()?)
}

/// One account.
pub fn get(conn: &mut Conn, id: &str) -> Result<User, Error> {
    let query = users::table.filter(users::id.eq(id)).select(COLUMNS);
    Ok(query.first(conn)?)
}

/// Changes what is to be changed and nothing else, and returns the account as it is then.
pub fn change(conn: &mut Conn, id: &str, changes: &Changes) -> Result<User, Error> {
    if *changes != Changes::default() {
        diesel::update(users::table.filter(users::id.eq(id)))
            .set(changes)
            .execute(conn)?;
    }
    get(conn, id)
}

/// Gives the account another password. False if it isn't `old` any more.
pub fn set_password(conn: &mut Conn, id: &str, old: &str, new: &str) -> Result<bool, Error> {
    let unchanged = users::table
        .filter(users::id.eq(id))
        .filter(users::hashed_pw.eq(old));
    let changed = diesel::update(unchanged)
        .set(users::hashed_pw.eq(new))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Gives the account another email (in lower case), or says that it is taken.
pub fn set_email(conn: &mut Conn, id: &str, email: &str) -> Result<(), Error> {
    let changed = diesel::update(users::table.filter(users::id.eq(id)))
        .set(users::email.eq(email))
        .execute(conn);
    unless_taken(changed, "")
}

/// Gives the account another password, whatever it was.
pub fn reset_password(conn: &mut Conn, id: &str, new: &str) -> Result<(), Error> {
    diesel::update(users::table.filter(users::id.eq(id)))
        .set(users::hashed_pw.eq(new))
        .execute(conn)?;
    Ok(())
}

/// Turns an account on or off. False if it is so already.
pub fn set_active(conn: &mut Conn, id: &str, is_active: bool) -> Result<bool, Error> {
    let other = users::table
        .filter(users::id.eq(id))
        .filter(users::is_active.ne(is_active));
    let changed = diesel::update(other)
        .set(users::is_active.eq(is_active))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Accounts in the order in which they were made, at most `limit`, after the one with that id; with `is_active` only those
/// that are on, or off.
///
/// It isn't on one person's rows: it is for the operator alone.
pub fn page(
    conn: &mut Conn,
    after: Option<&str>,
    is_active: Option<bool>,
    limit: i64,
) -> Result<Vec<User>, Error> {
    let mut query = users::table
        .order(users::id)
        .limit(limit)
        .select(COLUMNS)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(users::id.gt(after.to_owned()));
    }
    if let Some(is_active) = is_active {
        query = query.filter(users::is_active.eq(is_active));
    }
    Ok(query.load(conn)?)
}

/// The account as it stands. What lets somebody in, the hash of the password and whether it is on, stays so until the
/// transaction ends, since whoever changes that [holds](hold) the account. `None` if it is gone.
pub fn standing(conn: &mut Conn, id: &str) -> Result<Option<User>, Error> {
    let row = users::table.filter(users::id.eq(id)).select(COLUMNS);
    Ok(match conn {
        // There is one writer, and it is us.
        Conn::Sqlite(conn) => row.first(conn).optional()?,
        Conn::Postgres(conn) => row.for_key_share().first(conn).optional()?,
    })
}

/// Holds the account until the transaction ends: nobody adds a row to it in the meantime.
pub fn hold(conn: &mut Conn, id: &str) -> Result<(), Error> {
    match conn {
        // There is one writer, and it is us.
        Conn::Sqlite(_) => {}
        Conn::Postgres(conn) => {
            let row = users::table.filter(users::id.eq(id)).select(users::id);
            row.for_update().first::<String>(conn).optional()?;
        }
    }
    Ok(())
}

/// Holds the account against others who call this, or change it, until the transaction ends; rows can be added to it.
pub fn queue(conn: &mut Conn, id: &str) -> Result<(), Error> {
    match conn {
        Conn::Sqlite(_) => {}
        Conn::Postgres(conn) => {
            let row = users::table.filter(users::id.eq(id)).select(users::id);
            row.for_no_key_update().first::<String>(conn).optional()?;
        }
    }
    Ok(())
}

/// Keeps the account from being removed until the transaction ends, without keeping others from adding to it.
pub fn share(conn: &mut Conn, id: &str) -> Result<(), Error> {
    match conn {
        Conn::Sqlite(_) => {}
        Conn::Postgres(conn) => {
            let row = users::table.filter(users::id.eq(id)).select(users::id);
            row.for_key_share().first::<String>(conn).optional()?;
        }
    }
    Ok(())
}

/// Removes an account, and with it every row that belongs to it.
pub fn delete(conn: &mut Conn, id: &str) -> Result<(), Error> {
    diesel::delete(users::table.filter(users::id.eq(id))).execute(conn)?;
    Ok(())
}

/// Two keys are unique, and a UUID doesn't come twice: what is taken is the email.
fn unless_taken(written: QueryResult<usize>, advice: &str) -> Result<(), Error> {
    match written {
        Ok(_) => Ok(()),
        Err(error) if crate::error::is_unique_violation(&error) => {
            let sentence = "There is already an account with that email.";
            Err(Error::Conflict(
                sentence.into(),
                FieldError {
                    field: "email".into(),
                    detail: format!("{sentence}{advice}"),
                },
            ))
        }
        Err(error) => Err(error.into()),
    }
}
