//! The chat page as it is shown, and the pieces of it that htmx asks for.

use std::ops::Range;
use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use crate::advisor::starters;
use crate::cars::Catalogue;
use crate::chat::answers;
use crate::chat::list::{Group, List};
use crate::chat::needs::{Chips, Ledger, WrongNeed};
use crate::chat::open::Open;
use crate::chat::store;
use crate::chat::views::{self, EditForm, Head, MessageView};
use crate::db;
use crate::db::conversations::Conversation;
use crate::db::messages::Message;
use crate::state::App;
use crate::web::view::{Html, Shell, View};

/// How many messages of a long conversation are on the page at first; programs get all of them.
const SHOWN: usize = 20;
/// How many earlier ones come at a time.
const EARLIER: usize = 50;

/// The chat: the list, and one conversation or the beginning of a new one.
pub struct ChatView {
    pub(super) conversations: List,
    pub(super) open: Option<Open>,
    /// Which of its messages a program asked for, and the cursor of those after them; None for all.
    pub(super) part: Option<(Range<usize>, Option<String>)>,
    pub(super) draft: String,
    /// Why the draft could not be sent.
    pub(super) wrong: Option<String>,
    /// An edit that could not be sent.
    pub(super) wrong_edit: Option<EditForm>,
    pub(super) wrong_need: Option<WrongNeed>,
    /// A title that can't be given, and why.
    pub(super) wrong_title: Option<(String, String)>,
    pub(super) is_menu_open: bool,
    /// A message that has to be on the page.
    pub(super) at: Option<String>,
    /// Only what stands before that one is asked for.
    pub(super) before: Option<String>,
    /// One that was deleted just now.
    pub(super) deleted: Option<Conversation>,
    pub(super) catalogue: Arc<Catalogue>,
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
    starters: [&'static str; 4],
    longest: usize,
    /// Without JavaScript the page asks again by itself until the reply is there.
    is_waiting: bool,
}

impl View for ChatView {
    fn json(&self) -> Value {
        let Some(open) = &self.open else {
            return json!(answers::Conversations {
                conversations: self
                    .conversations
                    .conversations
                    .iter()
                    .map(Into::into)
                    .collect(),
                next: self.conversations.next.as_deref(),
            });
        };
        match &self.part {
            Some((part, next)) => open.part_json(&open.messages[part.clone()], next.clone()),
            None => open.json(),
        }
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).render()?))
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        let last = self.before.as_ref().and_then(|id| self.place_of(id));
        if let Some(last) = last {
            let first = last.saturating_sub(EARLIER);
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
    pub(super) fn new(app: &App, conversations: List, open: Option<Open>) -> Self {
        Self {
            conversations,
            open,
            part: None,
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
    pub(super) fn shows_edit(&self) -> bool {
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
            at: &open.messages.get(first.saturating_sub(EARLIER))?.id,
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
        let mut shown = self.show_messages(first, messages.len());
        if let Some(latest) = shown.iter_mut().rfind(|message| message.is_user) {
            latest.is_latest = true;
        }
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
            messages: shown,
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
            starters: starters::QUESTIONS,
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
