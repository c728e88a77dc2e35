//! A reply as server-sent events: JSON for programs, fragments for htmx. A view of a reply, which
//! can be opened again at any time, and never its beginning.

use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream::{Stream, unfold};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::conversations as pages;
use super::views;
use crate::auth::CurrentUser;
use crate::cars::Car;
use crate::db;
use crate::db::messages::{self, Message, Role, Status};
use crate::error::Error;
use crate::feed::{Progress, Reader};
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::parse_id;

/// How often a quiet stream says that it is alive, which is also how a reader who left is noticed.
const PING: Duration = Duration::from_secs(15);
/// How often the row is looked at when the reply is made elsewhere.
const POLL: Duration = Duration::from_millis(500);
/// At most so many fragments a second: each holds the whole reply so far.
const FRAME: Duration = Duration::from_millis(80);
/// Says goodbye where the reply isn't finished: it goes on elsewhere, and so does a reader who connects again.
const RECONNECT: &str = "retry: 1000\nevent: reconnect\ndata: {}\n\n";

/// `GET /chat/messages/{id}/events`.
pub async fn events(
    app: web::Data<App>,
    current: CurrentUser,
    req: HttpRequest,
    format: Format,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let id = parse_id(&id)?;
    let (user_id, message_id) = (current.user.id.clone(), id.clone());
    // Asked for before the stream begins, so that a stranger gets a 404 and not an empty stream.
    let message = app
        .db
        .read(move |conn| messages::get(conn, &user_id, &message_id))
        .await?;
    if message.role != Role::Assistant {
        return Err(Error::NotFound);
    }
    let encoder = match format {
        Format::Fragment => Encoder::Fragments {
            id: id.clone(),
            shown: None,
        },
        Format::Json | Format::Page => Encoder::resume(&req),
    };
    Ok(respond(app.get_ref().clone(), current.user.id, id, encoder))
}

/// The stream of a reply whose id is known to be the user's.
pub fn respond(app: App, user_id: String, reply_id: String, encoder: Encoder) -> HttpResponse {
    let follow = Follow {
        reader: app.feed.reader(&reply_id),
        closing: app.closing.subscribe(),
        app,
        user_id,
        reply_id,
        encoder,
        last_frame: None,
        ended: false,
    };
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        // Compression would hold tokens back, and costs half a megabyte a stream.
        .insert_header((
            header::CONTENT_ENCODING,
            HeaderValue::from_static("identity"),
        ))
        .streaming(follow.into_stream())
}

/// One reader of one reply.
struct Follow {
    app: App,
    user_id: String,
    reply_id: String,
    /// None when the reply isn't being made in this process.
    reader: Option<Reader>,
    /// True when the server is about to end.
    closing: watch::Receiver<bool>,
    encoder: Encoder,
    last_frame: Option<Instant>,
    ended: bool,
}

impl Follow {
    fn into_stream(self) -> impl Stream<Item = Result<web::Bytes, Error>> {
        unfold(self, |mut follow| async move {
            match follow.next().await {
                Ok(chunk) => chunk.map(|chunk| (Ok(web::Bytes::from(chunk)), follow)),
                Err(error) => {
                    // The head is long sent; the reader comes back and gets the rest.
                    tracing::warn!(cause = error.causes(), "a stream broke off");
                    None
                }
            }
        })
    }

    /// The next piece of the stream, None at its end.
    async fn next(&mut self) -> Result<Option<String>, Error> {
        let quiet_since = Instant::now();
        let mut is_row_due = self.reader.is_none();
        while !self.ended {
            self.encoder.wait_for_frame(&mut self.last_frame).await;
            let mut is_begun = false;
            if let Some(reader) = &mut self.reader {
                let progress = reader.borrow_and_update();
                if let Some(chunk) = self.encoder.encode(&progress) {
                    return Ok(Some(chunk));
                }
                is_begun = progress.attempt > 0;
            }
            let is_closing = *self.closing.borrow();
            if is_row_due || is_closing {
                if let Some(chunk) = self.look(is_closing).await? {
                    return Ok(Some(chunk));
                }
                if self.reader.is_none() {
                    self.reader = self.app.feed.reader(&self.reply_id);
                    is_row_due = false;
                    if self.reader.is_some() {
                        continue;
                    }
                }
            }
            if quiet_since.elapsed() >= PING {
                return Ok(Some(": ping\n\n".into()));
            }
            let was_quiet = self.wait(if is_begun { PING } else { POLL }).await;
            // Announced here, a reply may all the same be made elsewhere: then the row has more to say.
            is_row_due = self.reader.is_none() || (was_quiet && !is_begun);
        }
        Ok(None)
    }

    /// What the row has for this reader: the end, or what a worker elsewhere has kept so far.
    async fn look(&mut self, is_closing: bool) -> Result<Option<String>, Error> {
        let row = self.read_row().await?;
        if row.is_settled(db::now()) {
            self.ended = true;
            return self.finish(&row).await.map(Some);
        }
        if is_closing {
            self.ended = true;
            return Ok(Some(RECONNECT.to_owned()));
        }
        let kept = Progress {
            attempt: row.attempts,
            text: row.text,
            cars: None,
        };
        Ok(self.encoder.encode(&kept))
    }

    /// Until there is more in the feed, or it ends, or the server does, or `patience` is over; true for the last.
    async fn wait(&mut self, patience: Duration) -> bool {
        let closing = self.closing.wait_for(|closing| *closing);
        let more = async {
            match &mut self.reader {
                Some(reader) => reader.changed().await.is_ok(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            has_more = more => {
                if !has_more {
                    self.reader = None;
                }
                false
            }
            _ = closing => false,
            () = tokio::time::sleep(patience) => true,
        }
    }

    /// The last events. The chips above the composer follow the finished reply.
    async fn finish(&mut self, row: &Message) -> Result<String, Error> {
        match &mut self.encoder {
            Encoder::Json(place) => Ok(finish_json(place, row)),
            Encoder::Fragments { .. } => {
                let (user_id, id) = (self.user_id.clone(), row.conversation_id.clone());
                let open = pages::read_open(&self.app, user_id, id).await?;
                let html = views::finished_reply(row, &open.ledger, &self.app.catalogue())
                    .map_err(Error::internal)?;
                Ok(event("", None, &html) + &event("done", None, ""))
            }
        }
    }

    async fn read_row(&self) -> Result<Message, Error> {
        let (user_id, id) = (self.user_id.clone(), self.reply_id.clone());
        self.app
            .db
            .read(move |conn| messages::get(conn, &user_id, &id))
            .await
    }
}

/// How events are written, and how far this reader has come.
pub enum Encoder {
    Json(Place),
    /// Each event is the whole inside of the message; htmx morphs it in.
    Fragments {
        id: String,
        /// Attempt, length of the text, whether there were cars.
        shown: Option<(i32, usize, bool)>,
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
    fn resume(req: &HttpRequest) -> Self {
        let place = req
            .headers()
            .get("last-event-id")
            .and_then(|value| value.to_str().ok()?.split_once('-'))
            .and_then(|(attempt, offset)| {
                Some(Place {
                    attempt: attempt.parse().ok()?,
                    offset: offset.parse().ok()?,
                    has_cars: false,
                })
            });
        Encoder::Json(place.unwrap_or_default())
    }

    async fn wait_for_frame(&self, last: &mut Option<Instant>) {
        if let Encoder::Fragments { .. } = self {
            if let Some(last) = last {
                tokio::time::sleep_until(*last + FRAME).await;
            }
            *last = Some(Instant::now());
        }
    }

    /// What is new in `progress`, if anything.
    fn encode(&mut self, progress: &Progress) -> Option<String> {
        match self {
            Encoder::Json(place) => {
                let events =
                    place.advance(progress.attempt, &progress.text, progress.cars.as_deref());
                (!events.is_empty()).then_some(events)
            }
            Encoder::Fragments { id, shown } => {
                let now = (
                    progress.attempt,
                    progress.text.len(),
                    progress.cars.is_some(),
                );
                if *shown == Some(now) || (progress.text.is_empty() && progress.cars.is_none()) {
                    return None;
                }
                *shown = Some(now);
                let cars = progress.cars.as_deref().unwrap_or_default();
                let html = views::partial_reply(id, &progress.text, cars);
                html.map(|html| event("", None, &html))
                    .inspect_err(|error| tracing::error!(%error, "a fragment can't be rendered"))
                    .ok()
            }
        }
    }
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
                &json!({ "text": more }).to_string(),
            ));
        }
        if let (Some(cars), false) = (cars, self.has_cars) {
            self.has_cars = true;
            events.push_str(&event("cars", None, &json!({ "cars": cars }).to_string()));
        }
        events
    }
}

/// What a program has not had yet, and the whole.
fn finish_json(place: &mut Place, row: &Message) -> String {
    let cars: Vec<Car> = views::read_json(row.cars.as_deref());
    let shown = row.cars.is_some().then_some(cars.as_slice());
    let mut events = String::new();
    if place.attempt == row.attempts && place.offset > row.text.len() {
        // Its last words were never kept: the worker died after it was stopped, or the row couldn't be written.
        events = place.begin_anew(row.attempts);
    }
    events.push_str(&place.advance(row.attempts, &row.text, shown));
    let last = match row.status {
        Status::Failed => event("error", None, &failure_json(row).to_string()),
        _ => event("done", None, &views::reply_json(row).to_string()),
    };
    events.push_str(&last);
    events
}

fn failure_json(row: &Message) -> Value {
    json!({
        "type": "about:blank",
        "title": "Bad Gateway",
        "status": 502,
        "detail": row.error,
        "conversation_id": row.conversation_id,
        "message_id": row.id,
    })
}

/// One event; its name and id are left out where there is none.
fn event(name: &str, id: Option<&str>, data: &str) -> String {
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
