//! Messages, cars and needs as HTML: the same partials for pages, fragments and streams.

mod message;

use askama::Template;
use serde::de::DeserializeOwned;

use self::message::unlabelled;
pub use self::message::{EditForm, MessageView, Suggestions, compared, is_late, is_ours};
use super::markdown;
use super::needs::Chips;
use super::path::Versions;
use crate::advisor::catalogue::{LABEL, apart};
use crate::db;
use crate::db::conversations::Conversation;
use crate::db::messages::{Message, Status};
use crate::web::view::Html;

/// Reads JSON that we stored; what an older version wrote and can't be read any more counts as empty.
pub fn read_json<T: DeserializeOwned + Default>(text: Option<&str>) -> T {
    let read = |text| {
        serde_json::from_str(text)
            .inspect_err(|error| tracing::error!(%error, "stored JSON can't be read"))
            .ok()
    };
    text.and_then(read).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "chat/_edit.html")]
struct EditPartial<'a> {
    edit: &'a EditForm,
    form_key: String,
}

/// The form again, with what was written and why it could not be sent.
pub fn edit_form(edit: &EditForm) -> askama::Result<Html> {
    let form_key = db::new_id();
    Ok(Html::Body(EditPartial { edit, form_key }.render()?))
}

#[derive(Template)]
#[template(path = "chat/_message.html")]
struct MessagePartial {
    message: MessageView,
    form_key: String,
}

/// The head of a conversation: its title, and what can be done with it.
pub struct Head<'a> {
    /// Empty before anything is said.
    pub id: &'a str,
    pub title: &'a str,
    /// What stands in the form that renames it.
    pub new_title: &'a str,
    /// Why it can't be called that.
    pub wrong: Option<&'a str>,
    pub is_open: bool,
}

impl<'a> Head<'a> {
    pub fn of(conversation: Option<&'a Conversation>) -> Self {
        let title = conversation.map_or("New conversation", |open| open.title.as_str());
        Self {
            id: conversation.map_or("", |open| open.id.as_str()),
            title,
            new_title: title,
            wrong: None,
            is_open: false,
        }
    }
}

/// One message, whole.
pub fn message(message: MessageView) -> askama::Result<Html> {
    let form_key = db::new_id();
    Ok(Html::Body(MessagePartial { message, form_key }.render()?))
}

/// Where a branch begins on a page that shows another: what goes with the message in whose place it comes.
pub struct Fork {
    /// A selector of the messages after that one.
    pub later: String,
    /// The needs at the end of the branch.
    pub chips: Chips,
}

#[derive(Template)]
#[template(path = "chat/_branch.html")]
struct BranchPartial {
    messages: Vec<MessageView>,
    fork: Fork,
    /// What a screen reader hears.
    status: String,
    form_key: String,
}

/// What htmx puts on the page when another branch is shown, from its first message on.
pub fn branch(messages: Vec<MessageView>, fork: Fork, status: String) -> askama::Result<Html> {
    let partial = BranchPartial {
        messages,
        fork,
        status,
        form_key: db::new_id(),
    };
    Ok(Html::Body(partial.render()?))
}

#[derive(Template)]
#[template(path = "chat/_posted.html")]
struct PostedPartial<'a> {
    conversation: &'a Conversation,
    head: Head<'a>,
    is_new: bool,
    said: Option<MessageView>,
    reply: MessageView,
    /// Where it takes the place of an earlier message.
    fork: Option<Fork>,
    /// For the next message in the composer.
    form_key: String,
}

/// What htmx puts on the page after a post: the message, the reply that is coming, and for a new
/// conversation its place in the list.
pub fn posted(
    conversation: &Conversation,
    is_new: bool,
    said: Option<MessageView>,
    reply: MessageView,
    fork: Option<Fork>,
) -> askama::Result<Html> {
    let partial = PostedPartial {
        head: Head::of(Some(conversation)),
        conversation,
        is_new,
        said,
        reply,
        fork,
        form_key: db::new_id(),
    };
    Ok(Html::Body(partial.render()?))
}

#[derive(Template)]
#[template(path = "chat/_reply.html")]
struct ReplyPartial {
    message: MessageView,
    form_key: String,
}

#[derive(Template)]
#[template(path = "chat/_finished.html")]
struct FinishedPartial {
    message: MessageView,
    beside: Option<Beside>,
    form_key: String,
}

/// What else on the page changes with a finished reply: only where its branch is shown.
pub struct Beside {
    pub chips: Chips,
    pub conversation: Conversation,
    /// The title was made just now, unless somebody had given one.
    pub is_first: bool,
}

/// The inside of a reply that is still being made.
pub fn partial_reply(
    reply: &Message,
    versions: Option<Versions>,
    text: &str,
) -> askama::Result<String> {
    let said = unlabelled(text);
    // The cars follow with the end.
    let is_ours = text.starts_with(LABEL);
    let said = match apart(said).filter(|_| is_ours) {
        Some(parts) => parts.lead,
        None => said,
    };
    let message = MessageView {
        status: Status::Running,
        is_late: false,
        is_ours,
        html: markdown::to_html(said),
        about: String::new(),
        question: String::new(),
        ..MessageView::of(reply, versions)
    };
    let form_key = db::new_id();
    ReplyPartial { message, form_key }.render()
}

/// The inside of a reply that nobody has begun to make.
pub fn waiting_reply(reply: &Message, versions: Option<Versions>) -> askama::Result<String> {
    let message = MessageView::of(reply, versions);
    let form_key = db::new_id();
    ReplyPartial { message, form_key }.render()
}

/// The inside of a finished reply, and what else on the page changes with it.
pub fn finished_reply(message: MessageView, beside: Option<Beside>) -> askama::Result<String> {
    let form_key = db::new_id();
    FinishedPartial {
        message,
        beside,
        form_key,
    }
    .render()
}
