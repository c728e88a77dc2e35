//! Messages, cars and needs as HTML: the same partials for pages, fragments and streams.

use std::collections::HashSet;

use askama::Template;
use chrono::Datelike;
use serde::de::DeserializeOwned;

use super::markdown;
use super::needs::Chips;
use super::path::Versions;
use crate::advisor::CATALOGUE_MODEL;
use crate::advisor::audit::Unverified;
use crate::advisor::catalogue::{self, LABEL, apart};
use crate::advisor::needs::{Need, question};
use crate::card::{self, CarView, Versus};
use crate::cars::Car;
use crate::db;
use crate::db::conversations::Conversation;
use crate::db::messages::{Message, Role, Status};
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

/// After so long people are told that their message waits.
const LATE: chrono::Duration = chrono::Duration::seconds(3);

/// Whether the built-in advisor made it.
pub fn is_ours(message: &Message) -> bool {
    message.model.as_deref() == Some(CATALOGUE_MODEL)
}

/// What the built-in advisor says, without its label: that stands above every answer.
fn unlabelled(text: &str) -> &str {
    text.strip_prefix(LABEL).map_or(text, str::trim_start)
}

/// The cars that a reply sets side by side, in their order.
pub fn compared(message: &Message) -> Vec<Car> {
    let ids: Vec<String> = read_json(message.compared.as_deref());
    let cars: Vec<Car> = match ids.is_empty() {
        true => Vec::new(),
        false => read_json(message.cars.as_deref()),
    };
    let find = |id: &String| cars.iter().find(|car| car.id == *id).cloned();
    ids.iter().filter_map(find).collect()
}

/// What a person may want to say next.
pub struct Suggestions {
    pub label: &'static str,
    pub answers: Vec<String>,
}

impl Suggestions {
    /// For a whole reply of the built-in advisor: what would give cars where nothing fits, or short answers to the question
    /// that it ends with. What a model asks is its own.
    pub fn of(reply: &Message) -> Option<Self> {
        if !is_ours(reply) || reply.status != Status::Done {
            return None;
        }
        let needs: Vec<Need> = read_json(reply.needs.as_deref());
        let wishes = catalogue::wishes(&reply.text, &needs);
        if !wishes.is_empty() {
            return Some(Self {
                label: "What would help",
                answers: wishes,
            });
        }
        let (field, _) = question::last(&reply.text)?;
        let answers = question::answers(field, reply.timestamp.year());
        (!answers.is_empty()).then_some(Self {
            label: "Short answers",
            answers,
        })
    }
}

/// A message as its template shows it.
pub struct MessageView {
    pub id: String,
    pub conversation_id: String,
    pub is_user: bool,
    pub status: Status,
    /// Sanitised: all that is said, or what comes before the cars.
    pub html: String,
    /// Sanitised: what is told of the list of cars as a whole; or empty.
    pub about: String,
    /// Sanitised: the question after the cars; or empty.
    pub question: String,
    /// As it was written: a person's own words are shown as they are.
    pub text: String,
    pub error: Option<String>,
    pub cars: Vec<CarView>,
    /// Those of them that it sets side by side.
    pub versus: Option<Versus>,
    /// Who answered, as people read it.
    pub advisor: Option<String>,
    pub catalogue: Option<String>,
    /// How many statements in it nothing bears out.
    pub unverified: usize,
    /// Its text is kept but was never checked: it was stopped, or it failed half way.
    pub is_unchecked: bool,
    /// It has been waiting for a while, and nobody has begun to answer.
    pub is_late: bool,
    /// Its place among its siblings; None where it has none.
    pub versions: Option<Versions>,
    /// How a person's own words are changed; None for replies.
    pub edit: Option<EditForm>,
    /// Short answers to the question that it ends with, as buttons.
    pub suggestions: Option<Suggestions>,
    /// The built-in advisor made it.
    pub is_ours: bool,
    /// The last thing that the person said, where one goes on.
    pub is_latest: bool,
}

impl MessageView {
    pub fn of(message: &Message, versions: Option<Versions>) -> Self {
        let is_user = message.role == Role::User;
        let cars: Vec<Car> = read_json(message.cars.as_deref());
        let needs: Vec<Need> = read_json(message.needs.as_deref());
        let unverified: Vec<Unverified> = read_json(message.unverified.as_deref());
        let is_ours = is_ours(message);
        // Of our own sentences the figures can be shown in the person's units, and cars have cards in place of lines.
        let ours = markdown::to_html_in_both_units;
        let whole = unlabelled(&message.text);
        let versus = Versus::of(&compared(message), &needs);
        let parts = apart(whole).filter(|_| is_ours && !cars.is_empty() && versus.is_none());
        let (html, about, question) = match parts {
            _ if is_user => Default::default(),
            Some(parts) => (ours(parts.lead), ours(parts.about), ours(parts.question)),
            None if is_ours => (ours(whole), String::new(), String::new()),
            None => {
                let html = markdown::to_html_with_marks(&message.text, &unverified);
                (html, String::new(), String::new())
            }
        };
        Self {
            suggestions: None,
            is_ours,
            is_latest: false,
            id: message.id.clone(),
            conversation_id: message.conversation_id.clone(),
            is_user,
            status: message.status,
            html,
            about,
            question,
            unverified: unverified.len(),
            is_unchecked: !is_user
                && matches!(message.status, Status::Stopped | Status::Failed)
                && message.unverified.is_none()
                && !message.text.trim().is_empty(),
            is_late: is_late(message),
            text: message.text.clone(),
            error: message.error.clone(),
            cars: card::cards(&cars, &needs),
            versus,
            advisor: message
                .model
                .as_deref()
                .map(|model| crate::advisor::model_label(model).to_owned()),
            catalogue: message.catalogue.clone(),
            versions,
            edit: is_user.then(|| EditForm {
                message_id: message.id.clone(),
                text: message.text.clone(),
                wrong: None,
            }),
        }
    }

    /// Marks the cars that the person keeps.
    pub fn mark_kept(&mut self, kept: &HashSet<String>) {
        for car in &mut self.cars {
            car.is_kept = kept.contains(&car.id);
        }
    }

    /// Where one of its cars stands, for who comes back to it; counted from 1.
    pub fn place(&self, car: &usize) -> String {
        format!(
            "/chat/{}?at={}#m-{}-{car}",
            self.conversation_id, self.id, self.id
        )
    }

    /// What a screen reader hears when it is there.
    pub fn told(&self) -> String {
        let cars: Vec<&str> = self.cars.iter().map(|car| car.title.as_str()).collect();
        let cars = match cars.is_empty() {
            true => String::new(),
            false => format!(" with {}: {}", counted(cars.len()), cars.join(", ")),
        };
        let question = self.text.trim_end().rsplit("\n\n").next();
        let question = question.filter(|last| self.is_ours && last.ends_with('?'));
        let question = question.map_or(String::new(), |question| format!(" {question}"));
        let unverified = match self.unverified {
            0 => String::new(),
            count => format!(" Statements that could not be checked: {count}."),
        };
        format!("Autio has answered{cars}.{unverified}{question}")
    }

    /// Somebody else answered in the model's place.
    pub fn is_stand_in(&self) -> bool {
        self.status == Status::Done && self.error.is_some()
    }

    /// Something is still to come.
    pub fn is_open(&self) -> bool {
        !self.status.is_final()
    }

    pub fn is_stopped(&self) -> bool {
        self.status == Status::Stopped
    }

    pub fn has_failed(&self) -> bool {
        self.status == Status::Failed
    }

    /// There is no whole answer yet, or somebody else answered in the model's place: another try is what most people
    /// want next.
    pub fn can_retry(&self) -> bool {
        matches!(self.status, Status::Stopped | Status::Failed) || self.error.is_some()
    }
}

/// The form in which a person says something differently.
#[derive(Clone, Debug)]
pub struct EditForm {
    pub message_id: String,
    /// What stands in it.
    pub text: String,
    /// Why it could not be sent.
    pub wrong: Option<String>,
}

impl EditForm {
    /// The longest text, in characters.
    pub fn longest(&self) -> usize {
        super::store::LONGEST
    }
}

fn counted(cars: usize) -> String {
    match cars {
        1 => "1 car".to_owned(),
        cars => format!("{cars} cars"),
    }
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

/// Whether a reply has been waiting for a while, and nobody has begun to make it.
pub fn is_late(message: &Message) -> bool {
    message.status == Status::Pending && db::now() - message.timestamp > LATE
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
