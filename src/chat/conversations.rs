//! The chat page: the list of conversations, and one of them or the beginning of another.

use std::sync::Arc;

use actix_session::Session;
use actix_web::{ResponseError, web};
use askama::Template;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bin;
use super::list::{Group, List, read_cursor, read_list};
use super::needs::{Chips, Ledger, WrongNeed};
use super::open::{Open, read_open};
use super::store;
use super::views::{self, EditForm, Head, MessageView};
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

/// Where to go on in the list, a message that was begun elsewhere, and a conversation that can be taken back.
#[derive(Debug, Deserialize)]
pub struct Wish {
    cursor: Option<String>,
    draft: Option<String>,
    deleted: Option<String>,
}

/// What a conversation is opened for.
#[derive(Debug, Deserialize)]
pub struct Look {
    /// Anything: what can be done with the conversation stands open.
    menu: Option<String>,
    /// A message that has to be on the page, however long ago it was.
    at: Option<String>,
    /// With htmx: the messages before that one, which is the first on the page.
    before: Option<String>,
}

/// How many messages of a long conversation are on the page at first; programs get all of them.
const SHOWN: usize = 50;

/// `GET /chat/`.
pub async fn list(
    app: web::Data<App>,
    current: CurrentUser,
    session: Session,
    format: Format,
    wish: web::Query<Wish>,
) -> Result<Show<ChatView>, Error> {
    let after = wish.cursor.as_deref().map(read_cursor).transpose()?;
    let user_id = current.user.id;
    let list = read_list(&app, user_id.clone(), after).await?;
    let waiting = match format {
        Format::Page => auth::take_draft(&session),
        Format::Fragment | Format::Json => None,
    };
    let wish = wish.into_inner();
    let deleted = match wish.deleted.as_deref().map(parse_id) {
        Some(Ok(id)) => read_deleted(&app, user_id, id).await?,
        Some(Err(_)) | None => None,
    };
    Ok(Show::new(ChatView {
        draft: wish.draft.or(waiting).unwrap_or_default(),
        deleted,
        ..ChatView::new(&app, list, None)
    }))
}

/// A conversation that can still be taken back; None once it is gone, or has come back.
async fn read_deleted(
    app: &App,
    user_id: String,
    id: String,
) -> Result<Option<Conversation>, Error> {
    let found = app
        .db
        .read(move |conn| conversations::get_deleted(conn, &user_id, &id, bin::since()))
        .await;
    match found {
        Ok(conversation) => Ok(Some(conversation)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `GET /chat/{conversation}`.
pub async fn open(
    app: web::Data<App>,
    current: CurrentUser,
    id: web::Path<String>,
    look: web::Query<Look>,
) -> Result<Show<ChatView>, Error> {
    let id = parse_id(&id)?;
    let open = read_open(&app, current.user.id.clone(), id).await?;
    let list = read_list(&app, current.user.id, None).await?;
    Ok(Show::new(ChatView {
        is_menu_open: look.menu.is_some(),
        at: look.at.clone(),
        before: look.before.clone(),
        ..ChatView::new(&app, list, Some(open))
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
        wrong_edit,
        ..ChatView::new(app, read_list(app, user_id, None).await?, open)
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
        wrong_need: Some(wrong),
        ..ChatView::new(app, read_list(app, user_id, None).await?, Some(open))
    })
}

/// The page with a title that can't be given, and why beside it.
pub async fn with_wrong_title(
    app: &App,
    user_id: String,
    id: String,
    written: String,
    error: Error,
) -> Result<Show<ChatView>, Error> {
    let open = read_open(app, user_id.clone(), id).await?;
    let view = ChatView {
        is_menu_open: true,
        wrong_title: Some((written, error.to_string())),
        ..ChatView::new(app, read_list(app, user_id, None).await?, Some(open))
    };
    Ok(Show::with_status(view, error.status_code()))
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
    /// A title that can't be given, and why.
    wrong_title: Option<(String, String)>,
    is_menu_open: bool,
    /// A message that has to be on the page.
    at: Option<String>,
    /// Only what stands before that one is asked for.
    before: Option<String>,
    /// One that was deleted just now.
    deleted: Option<Conversation>,
    catalogue: Arc<Catalogue>,
}

#[derive(Template)]
#[template(path = "chat/page.html", blocks = ["main"])]
struct ChatPage<'a> {
    shell: &'a Shell,
    list: ListView<'a>,
    head: Head<'a>,
    deleted: Option<&'a Conversation>,
    conversation_id: &'a str,
    /// So that a form says its message once, however often it is sent.
    form_key: String,
    earlier: Option<Earlier<'a>>,
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
        let last = self.before.as_ref().and_then(|id| self.place_of(id));
        if let Some(last) = last {
            let first = last.saturating_sub(SHOWN);
            let partial = EarlierPartial {
                earlier: self.earlier(first),
                messages: self.show_messages(first, last),
                form_key: db::new_id(),
            };
            return Ok(Html::Body(partial.render()?));
        }
        match &self.wrong_edit {
            Some(edit) => views::edit_form(edit),
            None if !self.conversations.is_first_page() => {
                let partial = OlderPartial {
                    list: ListView::more(&self.conversations, shell),
                    conversation_id: "",
                };
                Ok(Html::Body(partial.render()?))
            }
            None => Ok(Html::Body(self.template(shell).as_main().render()?)),
        }
    }
}

/// The list as its template shows it.
struct ListView<'a> {
    groups: Vec<Group<'a>>,
    next: Option<&'a str>,
    is_first_page: bool,
    /// Who asked for more goes on where it begins.
    takes_focus: bool,
}

impl<'a> ListView<'a> {
    /// On a page of its own.
    fn of(list: &'a List, shell: &Shell) -> Self {
        let mut view = Self::more(list, shell);
        view.takes_focus = false;
        for group in &mut view.groups {
            group.goes_on = false;
        }
        view
    }

    /// Below what is on the page already.
    fn more(list: &'a List, shell: &Shell) -> Self {
        Self {
            groups: list.groups(db::now(), shell.behind_utc),
            next: list.next.as_deref(),
            is_first_page: list.is_first_page(),
            takes_focus: true,
        }
    }
}

/// The way to what was said before.
struct Earlier<'a> {
    conversation_id: &'a str,
    /// The first message that is shown.
    first: &'a str,
    /// The one from which on it is shown next.
    at: &'a str,
    count: usize,
}

#[derive(Template)]
#[template(path = "chat/_earlier.html")]
struct EarlierPartial<'a> {
    earlier: Option<Earlier<'a>>,
    messages: Vec<MessageView>,
    form_key: String,
}

#[derive(Template)]
#[template(path = "chat/_older.html")]
struct OlderPartial<'a> {
    list: ListView<'a>,
    conversation_id: &'a str,
}

impl ChatView {
    fn new(app: &App, conversations: List, open: Option<Open>) -> Self {
        Self {
            conversations,
            open,
            draft: String::new(),
            wrong: None,
            wrong_edit: None,
            wrong_need: None,
            wrong_title: None,
            is_menu_open: false,
            at: None,
            before: None,
            deleted: None,
            catalogue: app.catalogue(),
        }
    }

    /// Whether the message that was being edited is among those that are shown.
    fn shows_edit(&self) -> bool {
        let shown = self.open.iter().flat_map(|open| &open.messages);
        let edited = self.wrong_edit.as_ref().map(|edit| &edit.message_id);
        shown.into_iter().any(|message| edited == Some(&message.id))
    }

    fn place_of(&self, id: &str) -> Option<usize> {
        let mut messages = self.open.iter().flat_map(|open| &open.messages);
        messages.position(|message| message.id == id)
    }

    /// From which message on the conversation is shown: some of the last, and whatever has to be among them.
    fn first_shown(&self) -> usize {
        let count = self.open.as_ref().map_or(0, |open| open.messages.len());
        let edited = self.wrong_edit.as_ref().map(|edit| &edit.message_id);
        let wanted = [self.at.as_ref(), edited];
        let wanted = wanted.into_iter().flatten();
        let wanted = wanted.filter_map(|id| self.place_of(id)).min();
        let usual = count.saturating_sub(SHOWN);
        wanted.map_or(usual, |place| place.min(usual))
    }

    /// What stands before the first message that is shown.
    fn earlier(&self, first: usize) -> Option<Earlier<'_>> {
        let open = self.open.as_ref().filter(|_| first > 0)?;
        Some(Earlier {
            conversation_id: &open.conversation.id,
            first: &open.messages.get(first)?.id,
            at: &open.messages.get(first.saturating_sub(SHOWN))?.id,
            count: first,
        })
    }

    /// The messages as people see them, one of them perhaps with an edit that could not be sent.
    fn show_messages(&self, from: usize, to: usize) -> Vec<MessageView> {
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
        open.messages[from..to].iter().map(show).collect()
    }

    fn template<'a>(&'a self, shell: &'a Shell) -> ChatPage<'a> {
        let messages = self.open.as_ref().map_or(&[][..], |open| &open.messages);
        let conversation = self.open.as_ref().map(|open| &open.conversation);
        let first = self.first_shown();
        let mut head = Head {
            is_open: self.is_menu_open,
            ..Head::of(conversation)
        };
        if let Some((written, why)) = &self.wrong_title {
            (head.new_title, head.wrong) = (written, Some(why.as_str()));
        }
        ChatPage {
            shell,
            list: ListView::of(&self.conversations, shell),
            head,
            deleted: self.deleted.as_ref(),
            conversation_id: conversation.map_or("", |open| &open.id),
            form_key: db::new_id(),
            earlier: self.earlier(first),
            messages: self.show_messages(first, messages.len()),
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
            longest: store::LONGEST,
            // With something to say the page stays as it is: a refresh would lose what was written.
            is_waiting: self.wrong.is_none()
                && self.wrong_edit.is_none()
                && self.wrong_need.is_none()
                && !self.is_menu_open
                && messages.last().is_some_and(|last| !last.status.is_final()),
        }
    }
}
