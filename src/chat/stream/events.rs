//! What a reader of a reply gets: JSON events from the place where they are, or whole fragments.

use std::time::Duration;

use actix_web::HttpRequest;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cars::Car;
use crate::chat::answers;
use crate::chat::path::Versions;
use crate::chat::views;
use crate::db::messages::{Message, Status};
use crate::error::Error;
use crate::feed::Progress;
use crate::web::problem;

/// At most so many fragments a second: each holds the whole reply so far.
const FRAME: Duration = Duration::from_millis(80);

/// How events are written, and how far this reader has come.
pub enum Encoder {
    Json(Place),
    /// Each event is the whole inside of the message; htmx morphs it in.
    Fragments {
        reply: Box<Message>,
        versions: Option<Versions>,
        /// Attempt and length of the text.
        shown: Option<(i32, usize)>,
    },
}

/// How far a reader of JSON has come; `attempt-offset` as the event's id.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    attempt: i32,
    offset: usize,
    has_cars: bool,
}

impl Encoder {
    /// JSON from the beginning.
    pub fn json() -> Self {
        Encoder::Json(Place::default())
    }

    /// JSON from where `Last-Event-ID` says; from the beginning if it says nothing that makes sense.
    pub(super) fn resume(req: &HttpRequest) -> Self {
        let place = last_event_id(req)
            .and_then(|id| id.split_once('-'))
            .and_then(|(attempt, offset)| {
                Some(Place {
                    attempt: attempt.parse().ok()?,
                    offset: offset.parse().ok()?,
                    has_cars: false,
                })
            });
        Encoder::Json(place.unwrap_or_default())
    }

    pub(super) async fn wait_for_frame(&self, last: &mut Option<Instant>) {
        if let Encoder::Fragments { .. } = self {
            if let Some(last) = last {
                tokio::time::sleep_until(*last + FRAME).await;
            }
            *last = Some(Instant::now());
        }
    }

    /// Once, and for people: that the reply waits, where it has for a while.
    pub(super) fn encode_waiting(&mut self, row: &Message) -> Option<String> {
        let Encoder::Fragments {
            versions,
            shown: shown @ None,
            ..
        } = self
        else {
            return None;
        };
        if !views::is_late(row) {
            return None;
        }
        *shown = Some((0, 0));
        fragment(views::waiting_reply(row, versions.clone()))
    }

    /// What is new in `progress`, if anything.
    pub(super) fn encode(&mut self, progress: &Progress) -> Option<String> {
        // Of an attempt that is over nobody wants to hear once they have had something of the next.
        let seen = match self {
            Encoder::Json(place) => place.attempt,
            Encoder::Fragments { shown, .. } => shown.map_or(0, |(attempt, _)| attempt),
        };
        if progress.attempt < seen {
            return None;
        }
        match self {
            Encoder::Json(place) => {
                let events =
                    place.advance(progress.attempt, &progress.text, progress.cars.as_deref());
                (!events.is_empty()).then_some(events)
            }
            Encoder::Fragments {
                reply,
                versions,
                shown,
            } => {
                // Cars come with the whole answer, in which each has its place: so nothing moves them.
                let now = (progress.attempt, progress.text.len());
                if *shown == Some(now) || progress.text.is_empty() {
                    return None;
                }
                *shown = Some(now);
                fragment(views::partial_reply(
                    reply,
                    versions.clone(),
                    &progress.text,
                ))
            }
        }
    }
}

fn fragment(html: askama::Result<String>) -> Option<String> {
    html.map(|html| event("", None, &html))
        .inspect_err(|error| tracing::error!(%error, "a fragment can't be rendered"))
        .ok()
}

/// The id of the last event of a stream that came to its end.
const END: &str = "end";

/// Whether the caller has read to the end of a stream. Some clients connect again all the same.
pub(super) fn has_ended(req: &HttpRequest) -> bool {
    last_event_id(req) == Some(END)
}

fn last_event_id(req: &HttpRequest) -> Option<&str> {
    req.headers().get("last-event-id")?.to_str().ok()
}

impl Place {
    /// Goes to the beginning of an attempt. Who had something of another learns that the text begins anew.
    fn begin_anew(&mut self, attempt: i32) -> String {
        let had_something = self.offset > 0 || self.has_cars;
        *self = Place {
            attempt,
            ..Place::default()
        };
        match had_something {
            true => event("restart", Some(&format!("{attempt}-0")), "{}"),
            false => String::new(),
        }
    }

    /// Events for what is new since this place, which moves along.
    fn advance(&mut self, attempt: i32, text: &str, cars: Option<&[Car]>) -> String {
        let mut events = String::new();
        let is_cut = self.offset < text.len() && !text.is_char_boundary(self.offset);
        if attempt != self.attempt || is_cut {
            events = self.begin_anew(attempt);
        }
        if let Some(more) = text.get(self.offset..).filter(|more| !more.is_empty()) {
            self.offset = text.len();
            let id = format!("{}-{}", self.attempt, self.offset);
            events.push_str(&event(
                "delta",
                Some(&id),
                &json!(answers::Delta { text: more }).to_string(),
            ));
        }
        if let (Some(cars), false) = (cars, self.has_cars) {
            self.has_cars = true;
            events.push_str(&event(
                "cars",
                None,
                &json!(answers::Shown { cars }).to_string(),
            ));
        }
        events
    }
}

/// What a program has not had yet, and the whole.
pub(super) fn finish_json(place: &mut Place, row: &Message) -> String {
    let cars: Vec<Car> = views::read_json(row.cars.as_deref());
    let shown = row.cars.is_some().then_some(cars.as_slice());
    let mut events = String::new();
    if place.attempt == row.attempts && place.offset > row.text.len() {
        // Its last words were never kept: the worker died after it was stopped, or the row couldn't be written.
        events = place.begin_anew(row.attempts);
    }
    events.push_str(&place.advance(row.attempts, &row.text, shown));
    let last = match row.status {
        Status::Failed => event("error", Some(END), &failure_json(row).to_string()),
        _ => event(
            "done",
            Some(END),
            &json!(answers::Reply::from(row)).to_string(),
        ),
    };
    events.push_str(&last);
    events
}

fn failure_json(row: &Message) -> Value {
    json!(problem::Body {
        title: "Bad Gateway",
        status: 502,
        detail: row.error.as_deref().unwrap_or_default(),
        conversation_id: Some(&row.conversation_id),
        message_id: Some(&row.id),
        ..problem::Body::default()
    })
}

/// The end of a stream whose reply was deleted with its conversation.
pub(super) fn gone(encoder: &Encoder) -> String {
    let problem = json!(problem::Body {
        title: "Not Found",
        status: 404,
        detail: &Error::NotFound.to_string(),
        ..problem::Body::default()
    });
    match encoder {
        Encoder::Json(_) => event("error", None, &problem.to_string()),
        Encoder::Fragments { .. } => event("done", None, ""),
    }
}

/// One event; its name and id are left out where there is none.
pub(super) fn event(name: &str, id: Option<&str>, data: &str) -> String {
    let mut event = String::with_capacity(data.len() + 64);
    if let Some(id) = id {
        event.push_str(&format!("id: {id}\n"));
    }
    if !name.is_empty() {
        event.push_str(&format!("event: {name}\n"));
    }
    // A carriage return would end the line as well.
    for line in data.replace("\r\n", "\n").split(['\n', '\r']) {
        event.push_str(&format!("data: {line}\n"));
    }
    event.push('\n');
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_each_part_once_and_a_new_try_from_its_beginning() {
        let mut place = Place::default();
        assert!(place.advance(1, "Zwölf", None).contains("id: 1-6\n"));
        assert_eq!(place.advance(1, "Zwölf", None), "");
        assert!(
            place
                .advance(1, "Zwölf cars", None)
                .contains(r#"{"text":" cars"}"#)
        );
        // A row that was kept a moment ago holds less than the reader has had.
        assert_eq!(place.advance(1, "Zwölf", None), "");
        let anew = place.advance(2, "Ten", None);
        assert!(anew.starts_with("id: 2-0\nevent: restart\n"), "{anew}");
        assert!(anew.contains(r#"{"text":"Ten"}"#), "{anew}");
        // Word of an attempt that is over comes late to whoever is at the next.
        let progress = |attempt, text: &str| Progress {
            attempt,
            text: text.into(),
            ..Progress::default()
        };
        let mut ahead = Encoder::Json(place);
        assert_eq!(ahead.encode(&progress(1, "Zwölf cars")), None);
        assert!(ahead.encode(&progress(2, "Ten cars")).is_some());
        // An offset that can't be right begins anew instead of cutting a character.
        let mut odd = Place {
            attempt: 1,
            offset: 3,
            has_cars: false,
        };
        assert!(odd.advance(1, "Zwölf", None).contains("Zw"));
        assert_eq!(
            event("x", None, "a\r\nb\rc"),
            "event: x\ndata: a\ndata: b\ndata: c\n\n"
        );
    }
}
