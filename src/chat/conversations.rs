//! The list of conversations, and one of them: open, delete.

use std::sync::Arc;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use chrono::{DateTime, Datelike, NaiveDateTime};
use serde::Deserialize;
use serde_json::{Value, json};

use super::needs::{Chips, Ledger, WrongNeed};
use super::open::{Open, read_open};
use super::views::{self, EditForm, MessageView};
use super::{post, spending};
use crate::auth::{self, CurrentUser};
use crate::cars::Catalogue;
use crate::db;
use crate::db::conversations::{self, Conversation};
use crate::db::messages::{self, Message};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::parse_id;
use crate::web::view::{Html, Shell, Show, View};

/// How many conversations come at once.
const LIMIT: i64 = 50;

/// Where to go on in the list, and a message that was begun elsewhere.
#[derive(Debug, Deserialize)]
pub struct Wish {
    cursor: Option<String>,
    draft: Option<String>,
}

/// `GET /chat/`.
pub async fn list(
    app: web::Data<App>,
    current: CurrentUser,
    session: Session,
    format: Format,
    wish: web::Query<Wish>,
) -> Result<Show<ChatView>, Error> {
    let after = wish.cursor.as_deref().map(read_cursor).transpose()?;
    let conversations = read_list(&app, current.user.id, after).await?;
    let waiting = match format {
        Format::Page => auth::take_draft(&session),
        Format::Fragment | Format::Json => None,
    };
    Ok(Show::new(ChatView {
        conversations,
        open: None,
        draft: wish.into_inner().draft.or(waiting).unwrap_or_default(),
        wrong: None,
        wrong_edit: None,
        wrong_need: None,
        catalogue: app.catalogue(),
    }))
}

/// `GET /chat/{conversation}`.
pub async fn open(
    app: web::Data<App>,
    current: CurrentUser,
    id: web::Path<String>,
) -> Result<Show<ChatView>, Error> {
    let id = parse_id(&id)?;
    let open = read_open(&app, current.user.id.clone(), id).await?;
    Ok(Show::new(ChatView {
        conversations: read_list(&app, current.user.id, None).await?,
        open: Some(open),
        draft: String::new(),
        wrong: None,
        wrong_edit: None,
        wrong_need: None,
        catalogue: app.catalogue(),
    }))
}

/// What a person wrote, and where.
pub struct Draft {
    pub text: String,
    pub conversation_id: Option<String>,
    /// The message whose place it was to take.
    pub replaces: Option<String>,
}

/// The page again after a message that could not be sent: with the reason, and with what was written. After an edit that
/// is what stands beside the edited message, and with htmx no more than its form.
pub async fn again(
    app: &App,
    user_id: String,
    draft: Draft,
    error: Error,
) -> Result<Show<ChatView>, Error> {
    let replaces = draft.replaces.map(|id| parse_id(&id)).transpose()?;
    let conversation_id = match (&replaces, draft.conversation_id.as_deref().map(parse_id)) {
        // The message knows where it belongs.
        (Some(id), _) => {
            let (user_id, id) = (user_id.clone(), id.clone());
            let old = app.db.read(move |conn| messages::get(conn, &user_id, &id));
            Some(old.await?.conversation_id)
        }
        (None, Some(Ok(id))) => Some(id),
        (None, Some(Err(_)) | None) => None,
    };
    let open = match conversation_id {
        Some(id) => Some(read_open(app, user_id.clone(), id).await?),
        None => None,
    };
    let wrong_edit = replaces.map(|message_id| EditForm {
        message_id,
        text: draft.text.clone(),
        wrong: Some(error.to_string()),
    });
    let place = wrong_edit
        .as_ref()
        .map(|edit| format!("#edit-{}", edit.message_id));
    let sentence = error.to_string();
    let mut view = ChatView {
        conversations: read_list(app, user_id, None).await?,
        open,
        draft: String::new(),
        wrong: None,
        wrong_edit,
        wrong_need: None,
        catalogue: app.catalogue(),
    };
    if !view.shows_edit() {
        view.draft = draft.text;
        view.wrong = Some(sentence);
    }
    let show = Show::with_error(error, |_| view);
    match place {
        Some(place) => show
            .header("hx-retarget", &place)?
            .header("hx-reswap", "outerMorph"),
        None => Ok(show),
    }
}

/// The page with a need that could not be changed, and why beside it.
pub async fn with_wrong_need(
    app: &App,
    user_id: String,
    open: Open,
    wrong: WrongNeed,
) -> Result<ChatView, Error> {
    Ok(ChatView {
        conversations: read_list(app, user_id, None).await?,
        open: Some(open),
        draft: String::new(),
        wrong: None,
        wrong_edit: None,
        wrong_need: Some(wrong),
        catalogue: app.catalogue(),
    })
}

/// `DELETE /chat/{conversation}`.
pub async fn delete(
    app: web::Data<App>,
    current: CurrentUser,
    id: web::Path<String>,
) -> Result<Show<Deleted>, Error> {
    let id = parse_id(&id)?;
    let user_id = current.user.id;
    app.db
        .write(move |conn| {
            spending::stop_all(conn, &user_id, &id)?;
            conversations::delete(conn, &user_id, &id)
        })
        .await?;
    Ok(Show::with_status(Deleted, StatusCode::NO_CONTENT))
}

/// Some of the conversations, and where the rest begins.
struct List {
    conversations: Vec<Conversation>,
    next: Option<String>,
}

async fn read_list(
    app: &App,
    user_id: String,
    after: Option<(NaiveDateTime, String)>,
) -> Result<List, Error> {
    let mut conversations = app
        .db
        .read(move |conn| conversations::list(conn, &user_id, after, LIMIT + 1))
        .await?;
    let limit = usize::try_from(LIMIT).map_err(Error::internal)?;
    let more = conversations.len() > limit;
    conversations.truncate(limit);
    let next = conversations.last().filter(|_| more).map(write_cursor);
    Ok(List {
        conversations,
        next,
    })
}

fn write_cursor(last: &Conversation) -> String {
    format!(
        "{}_{}",
        last.updated_at.and_utc().timestamp_micros(),
        last.id
    )
}

fn read_cursor(cursor: &str) -> Result<(NaiveDateTime, String), Error> {
    cursor
        .split_once('_')
        .and_then(|(micros, id)| {
            let time = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
            // What PostgreSQL can compare with; ours are from this century.
            (1970..10_000).contains(&time.year()).then_some(())?;
            Some((time.naive_utc(), parse_id(id).ok()?))
        })
        .ok_or_else(|| Error::field("cursor", "Give the cursor as `next` had it."))
}

/// The chat: the list, and one conversation or the beginning of a new one.
pub struct ChatView {
    conversations: List,
    open: Option<Open>,
    draft: String,
    /// Why the draft could not be sent.
    wrong: Option<String>,
    /// An edit that could not be sent.
    wrong_edit: Option<EditForm>,
    wrong_need: Option<WrongNeed>,
    catalogue: Arc<Catalogue>,
}

#[derive(Template)]
#[template(path = "chat/page.html", blocks = ["main"])]
struct ChatPage<'a> {
    shell: &'a Shell,
    conversations: &'a [Conversation],
    next: Option<&'a str>,
    title: &'a str,
    conversation_id: &'a str,
    /// So that a form says its message once, however often it is sent.
    form_key: String,
    messages: Vec<MessageView>,
    chips: Chips,
    draft: &'a str,
    wrong: Option<&'a str>,
    starters: &'static [&'static str],
    longest: usize,
    /// Without JavaScript the page asks again by itself until the reply is there.
    is_waiting: bool,
}

impl View for ChatView {
    fn json(&self) -> Value {
        let Some(open) = &self.open else {
            let list = self.conversations.conversations.iter().map(|conversation| {
                json!({
                    "id": conversation.id,
                    "title": conversation.title,
                    "updated_at": conversation.updated_at.and_utc(),
                })
            });
            return json!({
                "conversations": list.collect::<Vec<_>>(),
                "next": self.conversations.next,
            });
        };
        open.json()
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).render()?))
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        match &self.wrong_edit {
            Some(edit) => views::edit_form(edit),
            None => Ok(Html::Body(self.template(shell).as_main().render()?)),
        }
    }
}

impl ChatView {
    /// Whether the message that was being edited is among those that are shown.
    fn shows_edit(&self) -> bool {
        let shown = self.open.iter().flat_map(|open| &open.messages);
        let edited = self.wrong_edit.as_ref().map(|edit| &edit.message_id);
        shown.into_iter().any(|message| edited == Some(&message.id))
    }

    /// The messages as people see them, one of them perhaps with an edit that could not be sent.
    fn show_messages(&self) -> Vec<MessageView> {
        let Some(open) = &self.open else {
            return Vec::new();
        };
        let show = |message: &Message| {
            let wrong = self.wrong_edit.as_ref();
            let wrong = wrong.filter(|edit| edit.message_id == message.id);
            let view = open.show(message);
            MessageView {
                edit: wrong.cloned().or(view.edit),
                ..view
            }
        };
        open.messages.iter().map(show).collect()
    }

    fn template<'a>(&'a self, shell: &'a Shell) -> ChatPage<'a> {
        let messages = self.open.as_ref().map_or(&[][..], |open| &open.messages);
        let conversation = self.open.as_ref().map(|open| &open.conversation);
        ChatPage {
            shell,
            conversations: &self.conversations.conversations,
            next: self.conversations.next.as_deref(),
            title: conversation.map_or("New conversation", |open| &open.title),
            conversation_id: conversation.map_or("", |open| &open.id),
            form_key: db::new_id(),
            messages: self.show_messages(),
            chips: Chips::of(
                conversation.map_or("", |open| &open.id),
                &self
                    .open
                    .as_ref()
                    .map_or_else(Ledger::default, |open| open.ledger.clone()),
                self.wrong_need.as_ref(),
                &self.catalogue,
            ),
            draft: &self.draft,
            wrong: self.wrong.as_deref(),
            starters: views::STARTERS,
            longest: post::LONGEST,
            // With something to say the page stays as it is: a refresh would lose what was written.
            is_waiting: self.wrong.is_none()
                && self.wrong_edit.is_none()
                && self.wrong_need.is_none()
                && messages.last().is_some_and(|last| !last.status.is_final()),
        }
    }
}

/// The answer to a deletion.
pub struct Deleted;

impl View for Deleted {
    fn json(&self) -> Value {
        Value::Null
    }

    fn page(&self, _: &Shell) -> askama::Result<Html> {
        Ok(Html::GoTo("/chat/".into()))
    }
}
