//! Changes a conversation: gives it another title, or shows another of its branches.

use std::sync::Arc;

use actix_web::{Either, web};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answers;
use super::conversations::{self as pages, ChatView};
use super::open::{Open, read_open};
use super::path::Branches;
use super::views::{self, Fork};
use crate::auth::CurrentUser;
use crate::cars::Catalogue;
use crate::db::{Conn, conversations, messages};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::{CHAT_LIMIT, Input, parse_id, read_line};
use crate::web::view::{Html, Shell, Show, View};

/// The longest title, in characters.
const LONGEST_TITLE: usize = 120;

/// What is to be changed.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ConversationChange, example = json!({ "title": "The family car" }))]
pub struct Change {
    #[schema(min_length = 1, max_length = 120)]
    title: Option<String>,
    /// A message of the conversation: the newest branch beneath it is shown from now on.
    #[schema(format = Uuid)]
    head: Option<String>,
}

/// `PATCH /chat/{conversation}`, and `POST` for forms.
#[utoipa::path(
    patch,
    path = "/chat/{id}",
    operation_id = "change_conversation",
    tag = "Chat",
    summary = "Give a conversation another title, or show another of its branches",
    request_body = Change,
    responses((status = 200, description = "The conversation", body = answers::Conversation), (status = 404)),
)]
pub async fn change(
    app: web::Data<App>,
    current: CurrentUser,
    id: web::Path<String>,
    format: Format,
    body: Input<Change, CHAT_LIMIT>,
) -> Result<Either<Show<Changed>, Show<ChatView>>, Error> {
    let Change { title, head } = body.value;
    if title.is_none() && head.is_none() {
        return Err(Error::field(
            "title",
            "Give another title, or as head the message whose branch is to be shown.",
        ));
    }
    let id = parse_id(&id)?;
    let title = match title.as_deref().map(check_title).transpose() {
        // Where the person wrote it, the sentence stands beside it.
        Err(error) if format.is_html() => {
            let written = title.unwrap_or_default();
            let page = pages::with_wrong_title(&app, current.user.id, id, written, error).await?;
            return Ok(Either::Right(page));
        }
        checked => checked?,
    };
    let head = head.as_deref().map(parse_id).transpose()?;
    let (user_id, conversation_id, chosen) = (current.user.id.clone(), id.clone(), head.clone());
    app.db
        .write(move |conn| {
            if let Some(title) = title {
                conversations::rename(conn, &user_id, &conversation_id, &title)?;
            }
            if let Some(chosen) = chosen {
                show_branch(conn, &user_id, &conversation_id, &chosen)?;
            }
            Ok(())
        })
        .await?;
    let branch = Branch::read(&app, current.user.id, id).await;
    let branch = branch.map_err(Error::after_a_change)?;
    Ok(Either::Left(Show::new(Changed { branch, head })))
}

fn check_title(title: &str) -> Result<String, Error> {
    match read_line(title, LONGEST_TITLE) {
        Some(title) => Ok(title.to_owned()),
        None => Err(Error::field(
            "title",
            format!("Give a title of 1 to {LONGEST_TITLE} characters that can be seen."),
        )),
    }
}

/// Moves the head to the newest end beneath the chosen message. A reply that is being made goes on wherever it is.
fn show_branch(
    conn: &mut Conn,
    user_id: &str,
    conversation_id: &str,
    chosen: &str,
) -> Result<(), Error> {
    if messages::get(conn, user_id, chosen)?.conversation_id != conversation_id {
        return Err(Error::NotFound);
    }
    // At first to the message itself, which holds the conversation: whatever is said at this moment is either seen here
    // or comes afterwards, and is not left behind the head.
    conversations::show(conn, user_id, conversation_id, chosen)?;
    let links = messages::links(conn, user_id, &[conversation_id])?;
    let leaf = Branches::of(links).newest_leaf(chosen);
    conversations::show(conn, user_id, conversation_id, &leaf)
}

/// The branch that is shown from now on.
pub struct Branch {
    pub open: Open,
    catalogue: Arc<Catalogue>,
}

impl Branch {
    /// The branch that a conversation of that user shows.
    pub async fn read(app: &App, user_id: String, id: String) -> Result<Self, Error> {
        Ok(Self {
            open: read_open(app, user_id, id).await?,
            catalogue: app.catalogue(),
        })
    }

    /// What else changes on a page that shows another; `later` selects the messages that go with it.
    pub fn fork(&self, later: String) -> Fork {
        Fork {
            later,
            chips: self.open.chips(&self.catalogue),
        }
    }
}

/// The conversation after a change.
pub struct Changed {
    branch: Branch,
    /// The message whose branch was chosen.
    head: Option<String>,
}

impl Changed {
    /// The whole conversation, which has come back.
    pub async fn read(app: &App, user_id: String, id: String) -> Result<Self, Error> {
        Ok(Self {
            branch: Branch::read(app, user_id, id).await?,
            head: None,
        })
    }
}

impl View for Changed {
    fn json(&self) -> Value {
        self.branch.open.json()
    }

    fn page(&self, _: &Shell) -> askama::Result<Html> {
        let place = format!("/chat/{}", self.branch.open.conversation.id);
        Ok(Html::GoTo(match &self.head {
            Some(head) => format!("{place}?at={head}#m-{head}"),
            None => place,
        }))
    }

    /// The branch from the chosen message on: what stands before it is on the page already.
    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        let open = &self.branch.open;
        let mut path = open.messages.iter();
        let chosen = path.position(|message| Some(&message.id) == self.head.as_ref());
        let shown = &open.messages[chosen.unwrap_or(open.messages.len())..];
        let Some(versions) = shown.first().and_then(|first| open.versions(first)) else {
            return self.page(shell);
        };
        let later = format!(".message:has(#versions-{}) ~ .message", versions.first);
        let status = format!(
            "Version {} of {} is shown.",
            versions.number, versions.count
        );
        let views = shown.iter().map(|message| open.show(message)).collect();
        views::branch(views, self.branch.fork(later), status)
    }
}
