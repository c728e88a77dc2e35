//! A reply as server-sent events: JSON for programs, fragments for htmx. A view of a reply, which
//! can be opened again at any time, and never its beginning.

mod events;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream::{Stream, unfold};
use tokio::sync::watch;
use tokio::time::Instant;

pub use self::events::Encoder;
use self::events::{event, finish_json, gone, has_ended};
use super::open::read_open;
use super::path::Versions;
use super::views::{self, Beside};
use crate::auth::CurrentUser;
use crate::db;
use crate::db::messages::{self, Message, Role};
use crate::error::Error;
use crate::feed::{Progress, Reader, Source};
use crate::metrics::OpenStream;
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::parse_id;

/// How often a quiet stream says that it is alive, which is also how a reader who left is noticed.
const PING: Duration = Duration::from_secs(15);
/// How often the row is looked at when the reply is made elsewhere.
const POLL: Duration = Duration::from_millis(500);
/// How long an instance elsewhere that tells of the reply through Redis may be silent before the row is looked at.
const SILENCE: Duration = Duration::from_secs(3);
/// How long one that was announced here may wait for a worker here before it is asked for elsewhere.
const BRIEF: Duration = Duration::from_millis(50);
/// Says goodbye where the reply isn't finished: it goes on elsewhere, and so does a reader who connects again.
const RECONNECT: &str = "retry: 1000\nevent: reconnect\ndata: {}\n\n";

/// What the events mean, for the API's description.
const EVENTS: &str = "A view of a reply, which can be opened as often as one likes.

| event | data | what to do |
| --- | --- | --- |
| `delta` | `Delta`: `{text}` | add the text |
| `restart` | `{}` | begin the text anew: another attempt begins |
| `cars` | `Shown`: `{cars}` | these are the cars now |
| `done` | `Reply`, the whole | the stream is over |
| `error` | `Problem` | the stream is over |
| `reconnect`, or an end without `done` or `error` | `{}` | open this address again with the last event's id as `Last-Event-ID`: nothing is missed and nothing comes twice |

Whoever connects again after `done` or `error` with its id as `Last-Event-ID` gets 204, on which an EventSource stops.
Ignore comment lines, and events that aren't in this table.";

/// The beginning and the end of a stream, for the API's description.
pub const EXAMPLE: &str = "id: 1-12\nevent: delta\ndata: {\"text\":\"A RAV4 Hybri\"}\n\n\
    id: 1-14\nevent: delta\ndata: {\"text\":\"d.\"}\n\nevent: done\ndata: {\"reply\":\"A RAV4 Hybrid.\",…}\n\n";

/// `GET /chat/messages/{id}/events`.
#[utoipa::path(
    get,
    path = "/chat/messages/{id}/events",
    tag = "Chat",
    summary = "A reply as a stream of server-sent events",
    description = EVENTS,
    params(("Last-Event-ID" = Option<String>, Header,
        description = "The id of the last event that was read: the stream goes on after it", example = "1-42")),
    responses(
        (status = 200, description = "The events", body = String, content_type = "text/event-stream",
            example = json!(EXAMPLE)),
        (status = 204, description = "The stream was read to its end before: there is nothing to connect for"),
        (status = 404),
    ),
)]
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
    let (message, siblings) = app
        .db
        .read(move |conn| {
            let message = messages::get(conn, &user_id, &message_id)?;
            let siblings = messages::siblings(conn, &message)?;
            Ok((message, siblings))
        })
        .await?;
    if message.role != Role::Assistant {
        return Err(Error::NotFound);
    }
    if message.status.is_final() && has_ended(&req) {
        // So that a client that goes on by itself stops.
        return Ok(HttpResponse::NoContent().finish());
    }
    let encoder = match format {
        Format::Fragment => Encoder::Fragments {
            versions: Versions::of(&id, &siblings),
            // What is written comes from the feed.
            reply: Box::new(Message {
                text: String::new(),
                ..message
            }),
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
        _open: app.metrics.open_stream(),
        app,
        user_id,
        reply_id,
        encoder,
        last_frame: None,
        known: None,
        has_looked: false,
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
    /// None when nobody in this process knows more than the row.
    reader: Option<Reader>,
    /// The row at its end, where the feed had it.
    known: Option<Arc<Message>>,
    /// At the row, and so for who makes the reply.
    has_looked: bool,
    /// True when the server is about to end.
    closing: watch::Receiver<bool>,
    encoder: Encoder,
    last_frame: Option<Instant>,
    ended: bool,
    _open: OpenStream,
}

impl Follow {
    fn into_stream(self) -> impl Stream<Item = Result<web::Bytes, Error>> {
        unfold(self, |mut follow| async move {
            match follow.next().await {
                Ok(chunk) => chunk.map(|chunk| (Ok(web::Bytes::from(chunk)), follow)),
                // Deleted, with its conversation.
                Err(Error::NotFound) if !follow.ended => {
                    follow.ended = true;
                    Some((Ok(web::Bytes::from(gone(&follow.encoder))), follow))
                }
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
            let mut source = Source::Nobody;
            if let Some(reader) = &mut self.reader {
                let progress = reader.borrow_and_update();
                source = progress.source;
                if progress.attempt > 0
                    && let Some(chunk) = self.encoder.encode(&progress)
                {
                    return Ok(Some(chunk));
                }
            }
            let is_closing = *self.closing.borrow();
            if is_row_due || is_closing {
                if let Some(chunk) = self.look(is_closing).await? {
                    return Ok(Some(chunk));
                }
                self.reader = self.app.feed.follow(&self.reply_id);
                is_row_due = false;
                self.has_looked = true;
                continue;
            }
            if quiet_since.elapsed() >= PING {
                return Ok(Some(": ping\n\n".into()));
            }
            let patience = match source {
                Source::Here => PING,
                Source::Elsewhere => SILENCE,
                Source::Nobody if self.app.feed.is_shared() && !self.has_looked => BRIEF,
                Source::Nobody => POLL,
            };
            let was_quiet = self.wait(patience).await;
            // Announced here, a reply may all the same be made elsewhere: then the row has more to say.
            is_row_due = self.reader.is_none() || (was_quiet && source != Source::Here);
        }
        Ok(None)
    }

    /// What the row has for this reader: the end, or what a worker elsewhere has kept so far.
    async fn look(&mut self, is_closing: bool) -> Result<Option<String>, Error> {
        let row = match self.known.take() {
            Some(row) => row,
            None => Arc::new(self.read_row().await?),
        };
        if row.is_settled(db::now()) {
            self.ended = true;
            return self.finish(&row).await.map(Some);
        }
        if is_closing {
            self.ended = true;
            return Ok(Some(RECONNECT.to_owned()));
        }
        if let Some(waiting) = self.encoder.encode_waiting(&row) {
            return Ok(Some(waiting));
        }
        if self.reader.is_some() {
            let feed = &self.app.feed;
            feed.catch_up(&self.reply_id, row.attempts, row.text.clone());
            return Ok(None);
        }
        let kept = Progress {
            attempt: row.attempts,
            text: row.text.clone(),
            ..Progress::default()
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
                    let reader = self.reader.take();
                    self.known = reader.and_then(|reader| reader.borrow().ended.clone());
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
                let open = read_open(&self.app, user_id, id).await?;
                // The page may have gone over to another branch, on this device or elsewhere.
                let is_shown = open.messages.iter().any(|shown| shown.id == row.id);
                let beside = is_shown.then(|| Beside {
                    chips: open.chips(&self.app.catalogue()),
                    conversation: open.conversation.clone(),
                    is_first: open.messages.len() <= 2,
                });
                let html =
                    views::finished_reply(open.show(row), beside).map_err(Error::internal)?;
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
