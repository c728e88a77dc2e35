//! One message as its template shows it: what was said, the cars, and what may be said next.

use std::collections::HashSet;

use chrono::Datelike;

use super::read_json;
use crate::advisor::CATALOGUE_MODEL;
use crate::advisor::audit::Unverified;
use crate::advisor::catalogue::{self, LABEL, apart};
use crate::advisor::needs::{Need, question};
use crate::card::{self, CarView, Versus};
use crate::cars::Car;
use crate::chat::markdown;
use crate::chat::path::Versions;
use crate::chat::store;
use crate::db;
use crate::db::messages::{Message, Role, Status};

/// After so long people are told that their message waits.
const LATE: chrono::Duration = chrono::Duration::seconds(3);

/// Whether the built-in advisor made it.
pub fn is_ours(message: &Message) -> bool {
    message.model.as_deref() == Some(CATALOGUE_MODEL)
}

/// Whether a reply has been waiting for a while, and nobody has begun to make it.
pub fn is_late(message: &Message) -> bool {
    message.status == Status::Pending && db::now() - message.timestamp > LATE
}

/// What the built-in advisor says, without its label: that stands above every answer.
pub(super) fn unlabelled(text: &str) -> &str {
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
        store::LONGEST
    }
}

fn counted(cars: usize) -> String {
    match cars {
        1 => "1 car".to_owned(),
        cars => format!("{cars} cars"),
    }
}
