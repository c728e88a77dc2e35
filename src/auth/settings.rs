//! The settings page: everything a person sets for themselves, and what they do with their account.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use chrono::NaiveDateTime;
use serde::Deserialize;
use serde_json::{Value, json};

use super::CurrentUser;
use super::activity::{self, EventView};
use super::answers::{Account, NamedToken};
use super::preferences::{self, COLOURS, Choice, Figure, Given, Settable, UNITS};
use super::section::Section;
use super::usage::{self, OwnUsage, UsageView};
use crate::db::account_events::{self, Event};
use crate::db::sessions::{self, Kind, Session};
use crate::db::users::{self, User};
use crate::db::{self};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::{AUTH_LIMIT, Input};
use crate::web::view::{Html, Shell, Show, View};

/// Where the notice is to be.
#[derive(Debug, Deserialize)]
pub struct Where {
    done: Option<String>,
}

/// `GET /auth/me`.
#[utoipa::path(
    get,
    path = "/auth/me",
    tag = "Account",
    summary = "Who I am, and how I have set things",
    responses((status = 200, description = "The account", body = Account)),
)]
pub async fn me(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
    place: web::Query<Where>,
) -> Result<Show<Answer>, Error> {
    let mut settings = Settings::find(&app, format, current).await?;
    settings.done = place.done.as_deref().and_then(Section::parse);
    Ok(Show::new(Answer::Settings(Box::new(settings))))
}

/// `PATCH /auth/me`, and `POST` from a form: the whole of the settings, or any of them.
#[utoipa::path(
    patch,
    path = "/auth/me",
    operation_id = "change_settings",
    tag = "Account",
    summary = "Change settings, any of them at a time",
    request_body = Settable,
    responses((status = 200, description = "The account", body = Account)),
)]
pub async fn change(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
    body: Input<Given, AUTH_LIMIT>,
) -> Result<Show<Answer>, Error> {
    let given = body.value;
    let section = given.get("section").and_then(Value::as_str);
    let section = section.and_then(Section::parse).unwrap_or(Section::About);
    let changes = match preferences::read(&given) {
        Ok(changes) => changes,
        Err(error) => return refuse(&app, format, current, section, error, given).await,
    };
    let id = current.user.id;
    let changed = app
        .db
        .write(move |conn| users::change(conn, &id, &changes))
        .await?;
    Ok(done(format, section, json!(Account::from(&changed))))
}

/// What a form comes back to: its section, with a notice. Programs get `json`; `null` is 204.
pub fn done(format: Format, section: Section, json: Value) -> Show<Answer> {
    let word = section.as_str();
    go_to(format, format!("/auth/me?done={word}#{word}"), json)
}

/// Another page for browsers, and for programs `json`; `null` is 204.
pub fn go_to(format: Format, place: String, json: Value) -> Show<Answer> {
    let status = match !format.is_html() && json.is_null() {
        true => StatusCode::NO_CONTENT,
        false => StatusCode::OK,
    };
    Show::with_status(Answer::GoTo(place, json), status)
}

/// The page again with what is wrong in that section, where the person can mend it; programs get the error itself.
///
/// # Errors
/// The same error, for programs and where nobody can mend it.
pub async fn refuse(
    app: &App,
    format: Format,
    current: CurrentUser,
    section: Section,
    error: Error,
    typed: Given,
) -> Result<Show<Answer>, Error> {
    if !format.is_html() || matches!(error, Error::Internal(_) | Error::Unauthenticated) {
        return Err(error);
    }
    let settings = Settings::find(app, format, current).await?;
    Ok(Show::with_error(error, |error| {
        Answer::Settings(Box::new(Settings {
            wrong: Some(Wrong {
                section,
                error,
                typed,
            }),
            ..settings
        }))
    }))
}

/// What comes of anything that is done here.
pub enum Answer {
    Settings(Box<Settings>),
    /// Done: another page, and what programs get.
    GoTo(String, Value),
    /// The account is no more.
    Gone,
}

/// The account with all that is shown of it.
pub struct Settings {
    user: User,
    /// The session that is asking.
    session_id: String,
    sessions: Vec<Session>,
    /// What happened to the account lately.
    events: Vec<Event>,
    used: UsageView,
    done: Option<Section>,
    wrong: Option<Wrong>,
    /// A token that was made just now.
    pub made: Option<Made>,
}

/// What was sent and can't be done.
struct Wrong {
    section: Section,
    error: Error,
    typed: Given,
}

/// A new token, which is shown this once.
pub struct Made {
    pub token: String,
    pub session: Session,
}

impl Settings {
    /// The account of whoever is asking. Programs don't wait for what only the page shows.
    pub async fn find(app: &App, format: Format, current: CurrentUser) -> Result<Self, Error> {
        let user_id = current.user.id.clone();
        let (sessions, events, found) = match format.is_html() {
            true => {
                app.db
                    .read(move |conn| {
                        let live = sessions::live(conn, &user_id, db::now())?;
                        let recent = account_events::list(conn, &user_id, None, activity::RECENT)?;
                        Ok((live, recent, usage::find(conn, &user_id)?))
                    })
                    .await?
            }
            false => (Vec::new(), Vec::new(), usage::Found::default()),
        };
        Ok(Self {
            user: current.user,
            session_id: current.session_id,
            sessions,
            events,
            used: UsageView::of(&OwnUsage::of(&found, &app.config)),
            done: None,
            wrong: None,
            made: None,
        })
    }

    /// What was done in a section.
    fn notice(&self, section: &str) -> Option<&'static str> {
        let done = self.done.filter(|done| done.as_str() == section)?;
        Some(done.done())
    }

    /// What is wrong with one field of a section.
    fn wrong(&self, section: &str, field: &str) -> Option<&str> {
        let wrong = self.wrong_in(section)?;
        let mut fields = wrong.error.fields().iter();
        let wrong = fields.find(|wrong| wrong.field == field)?;
        Some(&wrong.detail)
    }

    /// The field that the person is to mend first.
    fn is_first_wrong(&self, section: &str, field: &str) -> bool {
        let Some(wrong) = self.wrong_in(section) else {
            return false;
        };
        let mut fields = wrong.section.fields().iter();
        fields.find(|field| self.wrong(section, field).is_some()) == Some(&field)
    }

    /// What is wrong in a section with none of its fields.
    fn wrong_at_all(&self, section: &str) -> Option<String> {
        let wrong = self.wrong_in(section)?;
        if wrong.error.fields().is_empty() {
            return Some(wrong.error.to_string());
        }
        let known = wrong.error.fields().iter();
        let fields = wrong.section.fields();
        let mut others = known.filter(|wrong| !fields.contains(&wrong.field.as_str()));
        others.next().map(|wrong| wrong.detail.clone())
    }

    fn wrong_in(&self, section: &str) -> Option<&Wrong> {
        let wrong = self.wrong.as_ref();
        wrong.filter(|wrong| wrong.section.as_str() == section)
    }

    /// What stands in a field: what was typed where it has to be mended, or else what is set.
    fn value<'a>(&'a self, section: &str, field: &str, set: &'a str) -> &'a str {
        let typed = self.wrong_in(section);
        let typed = typed.and_then(|wrong| wrong.typed.get(field)?.as_str());
        typed.unwrap_or(set)
    }

    fn is_chosen(&self, section: &str, field: &str, set: &str, choice: &str) -> bool {
        self.value(section, field, set) == choice
    }

    /// Whether a field is a figure that can be left empty.
    fn is_optional(&self, field: &str) -> bool {
        preferences::FIGURES.contains(&field) || field == "expires_in_days"
    }

    fn template<'a>(&'a self, shell: &'a Shell) -> SettingsPage<'a> {
        let show = |session: &'a Session| SessionView {
            id: &session.id,
            name: session.name.as_deref().unwrap_or_default(),
            kind: match session.kind {
                Kind::Browser => "Browser",
                Kind::Api => "Program",
                Kind::Token => "Token",
            },
            begun: When(session.created_at),
            ends: When(session.expires_at),
            is_this: session.id == self.session_id,
        };
        let made = self.made.as_ref();
        let is_made = |session: &&Session| made.is_some_and(|made| made.session.id == session.id);
        let all = self.sessions.iter();
        let (tokens, logins): (Vec<_>, Vec<_>) = all.partition(|one| one.kind == Kind::Token);
        SettingsPage {
            shell,
            view: self,
            user: &self.user,
            sections: Section::ALL,
            levels: preferences::levels(),
            figures: preferences::figures(&self.user.preferences),
            units: UNITS,
            colours: COLOURS,
            sessions: logins.into_iter().map(show).collect(),
            tokens: tokens
                .into_iter()
                .filter(|token| !is_made(token))
                .map(show)
                .collect(),
            events: self
                .events
                .iter()
                .map(|event| EventView::of(event, &self.session_id))
                .collect(),
            used: &self.used,
            made: made.map(|made| (made.token.as_str(), show(&made.session))),
        }
    }
}

/// A session as the page lists it.
struct SessionView<'a> {
    id: &'a str,
    name: &'a str,
    kind: &'static str,
    begun: When,
    ends: When,
    is_this: bool,
}

/// A time of UTC.
pub struct When(pub NaiveDateTime);

impl When {
    pub fn for_people(&self) -> String {
        self.0.format("%-d %B %Y, %H:%M UTC").to_string()
    }

    pub fn for_programs(&self) -> String {
        self.0.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

#[derive(Template)]
#[template(path = "auth/settings.html", blocks = ["main"])]
struct SettingsPage<'a> {
    shell: &'a Shell,
    view: &'a Settings,
    user: &'a User,
    sections: [Section; 11],
    levels: Vec<Choice>,
    figures: Vec<Figure>,
    units: [Choice; 2],
    colours: [Choice; 3],
    sessions: Vec<SessionView<'a>>,
    tokens: Vec<SessionView<'a>>,
    events: Vec<EventView<'a>>,
    used: &'a UsageView,
    made: Option<(&'a str, SessionView<'a>)>,
}

#[derive(Template)]
#[template(path = "auth/gone.html", blocks = ["main"])]
struct GonePage<'a> {
    shell: &'a Shell,
}

impl View for Answer {
    fn json(&self) -> Value {
        match self {
            Answer::Settings(settings) => match &settings.made {
                Some(made) => json!(NamedToken::shown(&made.session, &made.token)),
                None => json!(Account::from(&settings.user)),
            },
            Answer::GoTo(_, json) => json.clone(),
            Answer::Gone => Value::Null,
        }
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(match self {
            Answer::Settings(settings) => Html::Body(settings.template(shell).render()?),
            Answer::GoTo(place, _) => Html::GoTo(place.clone()),
            Answer::Gone => Html::Body(GonePage { shell }.render()?),
        })
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(match self {
            Answer::Settings(settings) => Html::Body(settings.template(shell).as_main().render()?),
            Answer::GoTo(place, _) => Html::GoTo(place.clone()),
            Answer::Gone => Html::Body(GonePage { shell }.as_main().render()?),
        })
    }
}
