//! The list of conversations, and one of them: open, rename, delete.

use std::sync::Arc;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{ResponseError, web};
use askama::Template;
use chrono::{DateTime, Datelike, NaiveDateTime};
use serde::Deserialize;
use serde_json::{Value, json};

use super::needs::{Chips, Ledger, WrongNeed};
use super::views::{self, MessageView};
use super::{path, post};
use crate::auth::{self, CurrentUser};
use crate::cars::Catalogue;
use crate::db;
use crate::db::conversations::{self, Conversation};
use crate::db::messages::{self, Message};
use crate::db::need_edits;
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::{CHAT_LIMIT, Input, is_storable, parse_id};
use crate::web::view::{Html, Shell, Show, View};

/// How many conversations come at once.
const LIMIT: i64 = 50;
const LONGEST_TITLE: usize = 120;

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
        wrong_need: None,
        catalogue: app.catalogue(),
    }))
}

/// The page again after a message that could not be sent: with the reason, and with what was written.
pub async fn again(
    app: &App,
    user_id: String,
    conversation_id: Option<String>,
    draft: String,
    error: Error,
) -> Result<Show<ChatView>, Error> {
    let open = match conversation_id.map(|id| parse_id(&id)) {
        Some(Ok(id)) => Some(read_open(app, user_id.clone(), id).await?),
        Some(Err(_)) | None => None,
    };
    let (status, retry_after) = (error.status_code(), error.retry_after());
    let view = ChatView {
        conversations: read_list(app, user_id, None).await?,
        open,
        draft,
        wrong: Some(error.to_string()),
        wrong_need: None,
        catalogue: app.catalogue(),
    };
    let show = Show::with_status(view, status);
    match retry_after {
        Some(seconds) => show.header("retry-after", &seconds.to_string()),
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
        wrong_need: Some(wrong),
        catalogue: app.catalogue(),
    })
}

/// A conversation of that user with the path that is shown.
pub async fn read_open(app: &App, user_id: String, id: String) -> Result<Open, Error> {
    app.db
        .read(move |conn| {
            let conversation = conversations::get(conn, &user_id, &id)?;
            let all = messages::of_conversation(conn, &user_id, &id)?;
            let messages = match &conversation.head_id {
                Some(head) => path::to_head(all, head),
                None => Vec::new(),
            };
            let edits = need_edits::of_conversation(conn, &user_id, &id)?;
            Ok(Open {
                ledger: Ledger::of(&messages, edits)?,
                conversation,
                messages,
            })
        })
        .await
}

/// Another title.
#[derive(Debug, Deserialize)]
pub struct Renaming {
    #[serde(default)]
    title: String,
}

/// `PATCH /chat/{conversation}`.
pub async fn rename(
    app: web::Data<App>,
    current: CurrentUser,
    id: web::Path<String>,
    body: Input<Renaming, CHAT_LIMIT>,
) -> Result<Show<ChatView>, Error> {
    let title = body.value.title.trim().to_owned();
    if title.is_empty() || title.chars().count() > LONGEST_TITLE || !is_storable(&title) {
        return Err(Error::field(
            "title",
            format!("Give a title of 1 to {LONGEST_TITLE} characters."),
        ));
    }
    let checked = parse_id(&id)?;
    let user_id = current.user.id.clone();
    app.db
        .write(move |conn| conversations::rename(conn, &user_id, &checked, &title))
        .await?;
    open(app, current, id).await
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
        .write(move |conn| conversations::delete(conn, &user_id, &id))
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

/// One conversation, the path that is shown, and the needs at its end.
pub struct Open {
    pub conversation: Conversation,
    pub messages: Vec<Message>,
    pub ledger: Ledger,
}

/// The chat: the list, and one conversation or the beginning of a new one.
pub struct ChatView {
    conversations: List,
    open: Option<Open>,
    draft: String,
    /// Why the draft could not be sent.
    wrong: Option<String>,
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
        let messages = open.messages.iter();
        json!({
            "id": open.conversation.id,
            "title": open.conversation.title,
            "created_at": open.conversation.created_at.and_utc(),
            "updated_at": open.conversation.updated_at.and_utc(),
            "messages": messages.map(|message| views::message_json(message, &[])).collect::<Vec<_>>(),
            "needs": open.ledger.needs,
        })
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).render()?))
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).as_main().render()?))
    }
}

impl ChatView {
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
            messages: messages.iter().map(MessageView::of).collect(),
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
