//! `GET /auth/usage`: what a person has used, and what their day allows.

use actix_web::web;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::CurrentUser;
use super::settings::{Answer, go_to};
use crate::cars::words::thousands;
use crate::config::Config;
use crate::db::budgets::{self, Budget};
use crate::db::usage::{self, Usage};
use crate::db::{self, Conn};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::view::Show;

/// How many days are looked at, today among them.
const DAYS: u64 = 30;

/// The handler.
#[utoipa::path(
    get,
    path = "/auth/usage",
    operation_id = "read_usage",
    tag = "Account",
    summary = "What I have used today and lately, and what a day allows",
    description = "Days are of UTC. What was deleted is counted all the same.",
    responses((status = 200, description = "The figures", body = OwnUsage)),
)]
pub async fn read(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
) -> Result<Show<Answer>, Error> {
    let user_id = current.user.id;
    let found = app.db.read(move |conn| find(conn, &user_id)).await?;
    let used = OwnUsage::of(&found, &app.config);
    Ok(go_to(format, "/auth/me#usage".into(), json!(used)))
}

/// What is stored of a person's use.
#[derive(Default)]
pub struct Found {
    today: NaiveDate,
    days: Vec<Usage>,
    budget: Option<Budget>,
}

/// Reads the use of that person.
pub fn find(conn: &mut Conn, user_id: &str) -> Result<Found, Error> {
    let today = db::now().date();
    Ok(Found {
        today,
        days: usage::since(conn, user_id, today - Days::new(DAYS - 1))?,
        budget: budgets::get(conn, user_id)?.filter(|budget| budget.day == today),
    })
}

/// What somebody has used.
#[derive(Serialize, ToSchema)]
pub struct OwnUsage<'a> {
    today: TokenSum,
    last_30_days: TokenSum,
    budget: DayBudget,
    /// The last 30 days, the newest first, those with nothing left out.
    days: Vec<DayOfUse<'a>>,
    /// Conversations are deleted so many days after their last message; `null` where they are kept.
    conversations_kept_days: Option<u32>,
}

/// Answers, and the tokens of the model that they took.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct TokenSum {
    pub answers: i64,
    /// Of the answers, those whose tokens the model's server didn't count.
    pub estimated_answers: i64,
    /// Read by the model.
    pub prompt_tokens: i64,
    /// Written by the model.
    pub completion_tokens: i64,
}

/// What a day allows, and what of it is used; `null` where there is no limit.
#[derive(Serialize, ToSchema)]
pub struct DayBudget {
    messages: Option<BudgetPart>,
    /// Used, or set aside for answers that are being made.
    tokens: Option<BudgetPart>,
    /// When a new day begins.
    resets_at: DateTime<Utc>,
}

/// A part of what is allowed.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub struct BudgetPart {
    used: i64,
    limit: i64,
}

/// What one model was used for in one day.
#[derive(Serialize, ToSchema)]
pub struct DayOfUse<'a> {
    day: NaiveDate,
    /// The model; `catalogue` is the built-in advisor.
    model: &'a str,
    #[serde(flatten)]
    sum: TokenSum,
}

impl<'a> From<&'a Usage> for DayOfUse<'a> {
    fn from(usage: &'a Usage) -> Self {
        Self {
            day: usage.day,
            model: &usage.model,
            sum: TokenSum {
                answers: usage.answers,
                estimated_answers: usage.estimated_answers,
                prompt_tokens: usage.prompt_tokens,
                completion_tokens: usage.completion_tokens,
            },
        }
    }
}

impl<'a> OwnUsage<'a> {
    /// The figures, beside what the settings allow.
    pub fn of(found: &'a Found, config: &Config) -> Self {
        let days: Vec<DayOfUse> = found.days.iter().map(DayOfUse::from).collect();
        let part = |limit: Option<i64>, used: fn(&Budget) -> i64| {
            let used = found.budget.as_ref().map_or(0, used);
            limit.map(|limit| BudgetPart { used, limit })
        };
        let tomorrow = found.today + Days::new(1);
        Self {
            today: add_up(days.iter().filter(|day| day.day == found.today)),
            last_30_days: add_up(days.iter()),
            budget: DayBudget {
                messages: part(config.limits.messages, |budget| budget.messages),
                tokens: part(config.limits.tokens, |budget| budget.tokens),
                resets_at: tomorrow.and_time(NaiveTime::MIN).and_utc(),
            },
            days,
            conversations_kept_days: config.retention_days,
        }
    }
}

fn add_up<'a>(days: impl Iterator<Item = &'a DayOfUse<'a>>) -> TokenSum {
    days.fold(TokenSum::default(), |sum, day| TokenSum {
        answers: sum.answers + day.sum.answers,
        estimated_answers: sum.estimated_answers + day.sum.estimated_answers,
        prompt_tokens: sum.prompt_tokens + day.sum.prompt_tokens,
        completion_tokens: sum.completion_tokens + day.sum.completion_tokens,
    })
}

/// The same as the settings page shows it.
pub struct UsageView {
    pub rows: [(&'static str, [String; 3]); 2],
    /// What is left of the day, in sentences.
    pub budget: Vec<String>,
    pub has_estimates: bool,
    /// Days, in words.
    pub kept: Option<String>,
}

impl UsageView {
    pub fn of(used: &OwnUsage) -> Self {
        let figures = |sum: TokenSum| {
            let all = [sum.answers, sum.prompt_tokens, sum.completion_tokens];
            all.map(in_thousands)
        };
        let sentence = |part: Option<BudgetPart>, what: &str| {
            part.map(|part| {
                format!(
                    "{} of {} {what}",
                    in_thousands(part.used),
                    in_thousands(part.limit)
                )
            })
        };
        let parts = [
            sentence(used.budget.messages, "messages"),
            sentence(used.budget.tokens, "tokens"),
        ];
        Self {
            rows: [
                ("Today", figures(used.today)),
                ("Last 30 days", figures(used.last_30_days)),
            ],
            budget: parts.into_iter().flatten().collect(),
            has_estimates: used.last_30_days.estimated_answers > 0,
            kept: used.conversations_kept_days.map(|days| match days {
                1 => "1 day".into(),
                days => format!("{} days", thousands(days.into())),
            }),
        }
    }
}

fn in_thousands(number: i64) -> String {
    thousands(u64::try_from(number).unwrap_or(0))
}
