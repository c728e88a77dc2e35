//! A conversation to take along: as Markdown, as JSON with every branch, and as a page to print.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::answers;
use super::needs::{Chip, Chips};
use super::open::{Open, read_open};
use super::views::{self, MessageView};
use crate::auth::CurrentUser;
use crate::cars::Car;
use crate::cars::compare::{Comparison, MOST_COMPARED, compare};
use crate::cars::units::{self, Units};
use crate::db::messages;
use crate::db::{self};
use crate::error::Error;
use crate::state::App;
use crate::web::input::parse_id;
use crate::web::view::{Html, Shell, Show, View};

/// The longest part of a title in a file's name, in bytes.
const LONGEST_NAME: usize = 40;

/// Which kind of file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wish {
    /// `md` has the branch that is shown, `json` every branch.
    #[serde(default)]
    #[param(required = true, inline, value_type = FileKind)]
    format: String,
}

/// The kinds of files that there are.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(
    dead_code,
    reason = "it is read as a word, so that the error can say which there are"
)]
enum FileKind {
    Md,
    Json,
}

/// `GET /chat/{conversation}/export?format=md|json`.
#[utoipa::path(
    get,
    path = "/chat/{id}/export",
    operation_id = "export_conversation",
    tag = "Chat",
    summary = "A conversation to take along",
    params(Wish),
    responses(
        (status = 200, description = "A download", content(
            (Object = "application/json"),
            (String = "text/markdown"),
        ), headers(("Content-Disposition" = String, description = "The name of the file"))),
        (status = 404),
    ),
)]
pub async fn export(
    app: web::Data<App>,
    current: CurrentUser,
    id: web::Path<String>,
    wish: web::Query<Wish>,
) -> Result<HttpResponse, Error> {
    let id = parse_id(&id)?;
    let user_id = current.user.id.clone();
    let (kind, body, extension, title) = match wish.format.as_str() {
        "md" => {
            let open = read_open(&app, user_id, id).await?;
            let units = current.user.preferences.units;
            let sheet = Sheet::of(&app, open);
            let body = Markdown {
                sheet: &sheet,
                units,
            }
            .render()
            .map_err(Error::internal)?;
            ("text/markdown; charset=utf-8", body, "md", sheet.title)
        }
        "json" => {
            let open = read_open(&app, user_id.clone(), id.clone()).await?;
            let all = app
                .db
                .read(move |conn| messages::of_conversation(conn, &user_id, &id))
                .await?;
            let body = all_branches(&open, &all).to_string();
            ("application/json", body, "json", open.conversation.title)
        }
        _ => return Err(Error::field("format", "Ask for format=md or format=json.")),
    };
    let name = format!("autio-{}.{extension}", file_name(&title));
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .body(body))
}

/// `GET /chat/{conversation}/print`.
pub async fn print(
    app: web::Data<App>,
    current: CurrentUser,
    id: web::Path<String>,
) -> Result<Show<Sheet>, Error> {
    let id = parse_id(&id)?;
    let open = read_open(&app, current.user.id, id).await?;
    Ok(Show::new(Sheet::of(&app, open)))
}

fn all_branches(open: &Open, all: &[messages::Message]) -> Value {
    let messages = all.iter().map(|message| {
        let mut json = json!(answers::Message::new(message, &[]));
        json["needs"] = message
            .needs
            .as_deref()
            .map_or(Value::Null, |needs| views::read_json::<Value>(Some(needs)));
        json
    });
    json!({
        "id": open.conversation.id,
        "title": open.conversation.title,
        "created_at": open.conversation.created_at.and_utc(),
        "updated_at": open.conversation.updated_at.and_utc(),
        "exported_at": db::now().and_utc(),
        // The path that is shown ends here; the others are in `messages` too, by their `parent_id`.
        "head_id": open.conversation.head_id,
        "needs": open.ledger.needs,
        "messages": messages.collect::<Vec<_>>(),
    })
}

/// The title as the name of a file on any system.
fn file_name(title: &str) -> String {
    let mut name = String::new();
    for letter in title.chars() {
        match letter.is_ascii_alphanumeric() {
            true => name.push(letter.to_ascii_lowercase()),
            false if !name.is_empty() && !name.ends_with('-') => name.push('-'),
            false => {}
        }
    }
    name.truncate(LONGEST_NAME);
    match name.trim_end_matches('-') {
        "" => "conversation".to_owned(),
        name => name.to_owned(),
    }
}

/// A conversation on paper.
pub struct Sheet {
    id: String,
    title: String,
    begun: NaiveDateTime,
    needs: Vec<Chip>,
    lines: Vec<Line>,
    /// The cars of the last answer that showed more than one.
    comparison: Option<Comparison>,
    /// The catalogues that the answers were made from.
    catalogues: String,
}

/// A message on paper.
struct Line {
    at: NaiveDateTime,
    message: MessageView,
    /// As Markdown: a person's words are quoted.
    markdown: String,
}

impl Sheet {
    fn of(app: &App, open: Open) -> Self {
        let shown = open.messages.iter().rev().map(|message| {
            let compared = views::compared(message);
            match compared.len() {
                0 => views::read_json(message.cars.as_deref()),
                _ => compared,
            }
        });
        let shown = shown
            .into_iter()
            .find(|cars: &Vec<Car>| cars.len() > 1)
            .map(|cars| compare(&cars[..cars.len().min(MOST_COMPARED)]));
        let mut catalogues: Vec<&str> = Vec::new();
        for version in open.messages.iter().filter_map(|m| m.catalogue.as_deref()) {
            if !catalogues.contains(&version) {
                catalogues.push(version);
            }
        }
        let chips = Chips::of(&open.conversation.id, &open.ledger, None, &app.catalogue());
        Self {
            begun: open.conversation.created_at,
            needs: chips.needs,
            comparison: shown,
            catalogues: catalogues.join("; "),
            lines: open.messages.iter().map(Line::of).collect(),
            id: open.conversation.id,
            title: open.conversation.title,
        }
    }
}

impl Line {
    fn of(message: &messages::Message) -> Self {
        let view = MessageView::of(message, None);
        let markdown = match view.is_user {
            true => quoted(&inert(&message.text)),
            false => inert(message.text.trim_end()),
        };
        Self {
            at: message.timestamp,
            message: view,
            markdown,
        }
    }
}

/// Words of people and models as Markdown that loads nothing: whoever reads the file may have a viewer that shows HTML and images.
fn inert(text: &str) -> String {
    text.replace('<', "&lt;").replace("![", "!\\[")
}

fn quoted(text: &str) -> String {
    let lines = text.lines().map(|line| format!("> {line}"));
    lines.collect::<Vec<_>>().join("\n")
}

#[derive(Template)]
#[template(path = "chat/export.md", escape = "none")]
struct Markdown<'a> {
    sheet: &'a Sheet,
    units: Units,
}

impl Markdown<'_> {
    /// What was said, in the person's units where it is our own.
    fn said(&self, line: &Line) -> String {
        match (self.units, line.message.is_ours) {
            (Units::LitersPer100Km, true) => units::text::metric(&line.markdown),
            _ => line.markdown.clone(),
        }
    }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[derive(Template)]
#[template(path = "chat/print.html")]
struct PrintPage<'a> {
    shell: &'a Shell,
    sheet: &'a Sheet,
}

impl View for Sheet {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "title": self.title,
            "comparison": self.comparison,
            "catalogues": self.catalogues,
        })
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        let page = PrintPage { shell, sheet: self };
        Ok(Html::Body(page.render()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_title_makes_a_name() {
        assert_eq!(
            file_name("A family SUV, under $35,000?"),
            "a-family-suv-under-35-000"
        );
        assert_eq!(file_name("../../etc/ŠKODA \"x\""), "etc-koda-x");
        assert_eq!(file_name("車"), "conversation");
        assert!(file_name(&"long ".repeat(40)).len() <= LONGEST_NAME);
    }
}
