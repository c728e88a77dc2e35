//! What programs get of accounts, sessions and tokens.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::tokens::LOGIN_LIFETIME;
use crate::advisor::Knowledge;
use crate::cars::units::Units;
use crate::db::sessions::{Kind, Session};
use crate::db::users::{Theme, User};

/// An account with its settings. A figure that is `null` is left to EPA's.
#[derive(Serialize, ToSchema)]
pub struct Account<'a> {
    #[schema(format = Uuid)]
    id: &'a str,
    email: &'a str,
    #[schema(value_type = Knowledge)]
    knowledge: &'a str,
    miles_per_year: Option<i32>,
    /// Of the miles, 0 to 100.
    city_percent: Option<i32>,
    /// US dollars a gallon, like the next three.
    regular_usd: Option<f64>,
    midgrade_usd: Option<f64>,
    premium_usd: Option<f64>,
    diesel_usd: Option<f64>,
    /// US dollars a kWh.
    electricity_usd: Option<f64>,
    /// US dollars for the energy of a gallon of gasoline.
    natural_gas_usd: Option<f64>,
    /// US dollars a kilogram.
    hydrogen_usd: Option<f64>,
    units: Units,
    theme: Theme,
    created_at: DateTime<Utc>,
}

impl<'a> From<&'a User> for Account<'a> {
    fn from(user: &'a User) -> Self {
        let own = &user.preferences;
        Self {
            id: &user.id,
            email: &user.email,
            knowledge: &user.knowledge,
            miles_per_year: own.miles_per_year,
            city_percent: own.city_percent,
            regular_usd: own.regular_usd,
            midgrade_usd: own.midgrade_usd,
            premium_usd: own.premium_usd,
            diesel_usd: own.diesel_usd,
            electricity_usd: own.electricity_usd,
            natural_gas_usd: own.natural_gas_usd,
            hydrogen_usd: own.hydrogen_usd,
            units: own.units,
            theme: own.theme,
            created_at: user.created_at.and_utc(),
        }
    }
}

/// A token, and whose it is.
#[derive(Serialize, ToSchema)]
pub struct Access<'a> {
    /// Sent along as `Authorization: Bearer …`.
    access_token: &'a str,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    user: Person<'a>,
}

/// The account that a token is for.
#[derive(Serialize, ToSchema)]
pub struct Person<'a> {
    #[schema(format = Uuid)]
    id: &'a str,
    email: &'a str,
    #[schema(value_type = Knowledge)]
    knowledge: &'a str,
}

impl<'a> Access<'a> {
    /// For who has just come in.
    pub fn new(user: &'a User, token: &'a str) -> Self {
        Self {
            access_token: token,
            token_type: "bearer",
            expires_in: LOGIN_LIFETIME,
            user: Person {
                id: &user.id,
                email: &user.email,
                knowledge: &user.knowledge,
            },
        }
    }
}

/// A login of a browser or a program.
#[derive(Serialize, ToSchema)]
pub struct Login<'a> {
    #[schema(format = Uuid)]
    id: &'a str,
    kind: Kind,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// It is the one that asks.
    current: bool,
}

impl<'a> Login<'a> {
    /// As `this` session sees it.
    pub fn new(session: &'a Session, this: &str) -> Self {
        Self {
            id: &session.id,
            kind: session.kind,
            created_at: session.created_at.and_utc(),
            expires_at: session.expires_at.and_utc(),
            current: session.id == this,
        }
    }
}

/// A named token.
#[derive(Serialize, ToSchema)]
pub struct NamedToken<'a> {
    #[schema(format = Uuid)]
    id: &'a str,
    #[schema(value_type = String)]
    name: Option<&'a str>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// The token itself; only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    token: Option<&'a str>,
}

impl<'a> From<&'a Session> for NamedToken<'a> {
    fn from(session: &'a Session) -> Self {
        Self {
            id: &session.id,
            name: session.name.as_deref(),
            created_at: session.created_at.and_utc(),
            expires_at: session.expires_at.and_utc(),
            token: None,
        }
    }
}

impl<'a> NamedToken<'a> {
    /// The same with the token itself, for the one time that it is shown.
    pub fn shown(session: &'a Session, token: &'a str) -> Self {
        Self {
            token: Some(token),
            ..Self::from(session)
        }
    }
}

/// Where one is logged in, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Logins<'a> {
    pub sessions: Vec<Login<'a>>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// One's named tokens, the newest first.
#[derive(Serialize, ToSchema)]
pub struct NamedTokens<'a> {
    pub tokens: Vec<NamedToken<'a>>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// A login as a form: an email and a password, or OAuth2's password grant.
#[derive(ToSchema)]
#[serde(untagged)]
#[allow(
    dead_code,
    reason = "it is read as `Credentials`; this says which names go together"
)]
pub enum LoginForm {
    Grant {
        grant_type: GrantType,
        /// The email.
        username: String,
        #[schema(format = Password)]
        password: String,
    },
    Plain {
        #[schema(format = Email)]
        email: String,
        #[schema(format = Password)]
        password: String,
    },
}

/// The one grant that there is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "see `LoginForm`")]
pub enum GrantType {
    Password,
}

/// A token that is to be made.
#[derive(ToSchema)]
#[schema(example = json!({ "name": "nightly job", "expires_in_days": 30 }))]
#[allow(
    dead_code,
    reason = "it is read from a form's words as well; this says what programs send"
)]
pub struct NewToken {
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// 90 unless told otherwise.
    #[schema(value_type = Option<NumberOrText>)]
    expires_in_days: Option<i64>,
}

/// A number, or its digits as a form sends them.
#[derive(ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "see `NewToken`")]
pub enum NumberOrText {
    Number(i64),
    Text(String),
}
