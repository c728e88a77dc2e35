//! `GET /auth/export`: all that is kept of a person, as one JSON document that is written while it is read.

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use futures_util::stream;
use serde_json::{Value, json};

use super::CurrentUser;
use super::activity::Happening;
use super::answers::{Account, Login, NamedToken};
use super::usage::DayOfUse;
use crate::db::batches::Item;
use crate::db::conversations::{self, Conversation};
use crate::db::messages::{self, Message};
use crate::db::need_edits;
use crate::db::sessions::{self, Kind};
use crate::db::users::User;
use crate::db::{self, account_events, batches, budgets, shortlist, usage};
use crate::error::Error;
use crate::state::App;

/// How many messages are in memory at once.
const PAGE: i64 = 100;

/// Where the writing is.
enum Place {
    Account,
    /// Before the conversation of that number.
    Conversation(usize),
    /// Within it, after that message.
    Messages(usize, String),
    End,
}

struct Export {
    app: web::Data<App>,
    user: User,
    session_id: String,
    conversations: Vec<Conversation>,
    place: Place,
}

/// The download. What was begun and can't be finished breaks off, so that nobody takes a part for the whole.
#[utoipa::path(
    get,
    path = "/auth/export",
    operation_id = "export_account",
    tag = "Account",
    summary = "Everything that is kept of the account, as one document",
    responses((
        status = 200,
        description = "A download that is written while it is read. One that breaks off is not whole.",
        body = Object,
        headers(("Content-Disposition" = String, description = "The name of the file")),
    )),
)]
pub async fn export(app: web::Data<App>, current: CurrentUser) -> Result<HttpResponse, Error> {
    let user_id = current.user.id.clone();
    let conversations = app
        .db
        .read(move |conn| conversations::all(conn, &user_id))
        .await?;
    let export = Export {
        app,
        user: current.user,
        session_id: current.session_id,
        conversations,
        place: Place::Account,
    };
    let parts = stream::try_unfold(export, |mut export| async move {
        let part = export.next().await.inspect_err(|error| {
            tracing::error!(cause = error.causes(), "an export broke off");
        })?;
        Ok::<_, Error>(part.map(|part| (Bytes::from(part), export)))
    });
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"autio-export.json\"",
        ))
        .streaming(parts))
}

impl Export {
    /// The next part of the document; `None` when it is whole.
    async fn next(&mut self) -> Result<Option<String>, Error> {
        let place = std::mem::replace(&mut self.place, Place::End);
        Ok(Some(match place {
            Place::Account => {
                self.place = Place::Conversation(0);
                let head = self.account().await?.to_string();
                // The conversations follow within the same object.
                let open = head.strip_suffix('}').unwrap_or(&head);
                format!("{open},\"conversations\":[")
            }
            Place::Conversation(at) => match self.conversations.get(at) {
                None => "]}\n".to_owned(),
                Some(conversation) => {
                    let head = self.conversation(conversation).await?.to_string();
                    self.place = Place::Messages(at, String::new());
                    let open = head.strip_suffix('}').unwrap_or(&head);
                    let comma = if at > 0 { "," } else { "" };
                    format!("{comma}{open},\"messages\":[")
                }
            },
            Place::Messages(at, after) => {
                let page = self.messages(at, &after).await?;
                let mut comma = if after.is_empty() { "" } else { "," };
                let mut part = String::new();
                for message in &page {
                    part += comma;
                    part += &message_json(message).to_string();
                    comma = ",";
                }
                match page.last() {
                    Some(last) => self.place = Place::Messages(at, last.id.clone()),
                    None => {
                        self.place = Place::Conversation(at + 1);
                        part += "]}";
                    }
                }
                part
            }
            Place::End => return Ok(None),
        }))
    }

    async fn account(&self) -> Result<Value, Error> {
        let user_id = self.user.id.clone();
        let (live, kept, budget, events, sent, items, used) = self
            .app
            .db
            .read(move |conn| {
                Ok((
                    sessions::live(conn, &user_id, db::now())?,
                    shortlist::list(conn, &user_id)?,
                    budgets::get(conn, &user_id)?,
                    account_events::list(conn, &user_id, None, i64::MAX)?,
                    batches::list(conn, &user_id, None, i64::MAX)?,
                    batches::items_of(conn, &user_id)?,
                    usage::since(conn, &user_id, NaiveDate::default())?,
                ))
            })
            .await?;
        let (tokens, logins): (Vec<_>, Vec<_>) =
            live.iter().partition(|one| one.kind == Kind::Token);
        let logins = logins.iter().map(|one| Login::new(one, &self.session_id));
        let kept = kept.iter().map(|kept| {
            json!({
                "car_id": kept.car_id,
                "kept_at": kept.created_at.and_utc(),
                "car": stored(Some(&kept.car)),
            })
        });
        let sent = sent.iter().map(|batch| {
            json!({
                "id": batch.id,
                "size": batch.size,
                "created_at": batch.created_at.and_utc(),
                "stopped_at": batch.stopped_at.map(|at| at.and_utc()),
            })
        });
        let (asked, waiting): (Vec<Item>, Vec<Item>) =
            items.into_iter().partition(|item| item.asked_at.is_some());
        let asked = asked.iter().map(|item| {
            json!({
                "batch_id": item.batch_id,
                "index": item.position,
                "id": item.item_id,
                "message_id": item.message_id,
            })
        });
        let waiting = waiting.iter().map(|item| {
            json!({
                "batch_id": item.batch_id,
                "index": item.position,
                "id": item.item_id,
                "message": item.text,
            })
        });
        Ok(json!({
            "exported_at": db::now().and_utc(),
            "account": Account::from(&self.user),
            "sessions": logins.collect::<Vec<_>>(),
            "tokens": tokens.iter().map(|one| NamedToken::from(*one)).collect::<Vec<_>>(),
            "events": events.iter().map(Happening::from).collect::<Vec<_>>(),
            "shortlist": kept.collect::<Vec<_>>(),
            "batches": sent.collect::<Vec<_>>(),
            // Of batches; what was asked is among the conversations.
            "asked_in_batches": asked.collect::<Vec<_>>(),
            "not_asked": waiting.collect::<Vec<_>>(),
            "usage": used.iter().map(DayOfUse::from).collect::<Vec<_>>(),
            "budget": budget.map(|budget| json!({
                "day": budget.day,
                "messages": budget.messages,
                "tokens": budget.tokens,
            })),
        }))
    }

    async fn conversation(&self, conversation: &Conversation) -> Result<Value, Error> {
        let (user_id, id) = (self.user.id.clone(), conversation.id.clone());
        let edits = self
            .app
            .db
            .read(move |conn| need_edits::of_conversation(conn, &user_id, &id))
            .await?;
        let edits = edits.iter().map(|edit| {
            json!({
                "message_id": edit.message_id,
                "need_id": edit.need_id,
                "need": stored(edit.need.as_deref()),
            })
        });
        Ok(json!({
            "id": conversation.id,
            "title": conversation.title,
            "batch_id": conversation.batch_id,
            "deleted_at": conversation.deleted_at.map(|at| at.and_utc()),
            "head_id": conversation.head_id,
            "created_at": conversation.created_at.and_utc(),
            "updated_at": conversation.updated_at.and_utc(),
            "need_edits": edits.collect::<Vec<_>>(),
        }))
    }

    async fn messages(&self, at: usize, after: &str) -> Result<Vec<Message>, Error> {
        let Some(conversation) = self.conversations.get(at) else {
            return Ok(Vec::new());
        };
        let (user_id, id) = (self.user.id.clone(), conversation.id.clone());
        let after = after.to_owned();
        self.app
            .db
            .read(move |conn| messages::page(conn, &user_id, &id, &after, PAGE))
            .await
    }
}

fn message_json(message: &Message) -> Value {
    json!({
        "id": message.id,
        "parent_id": message.parent_id,
        "role": message.role,
        "text": message.text,
        "timestamp": message.timestamp.and_utc(),
        "status": message.status,
        "error": message.error,
        "model": message.model,
        "cars": stored(message.cars.as_deref()),
        "compared": stored(message.compared.as_deref()),
        "needs": stored(message.needs.as_deref()),
        "unverified": stored(message.unverified.as_deref()),
        "catalogue": message.catalogue,
        "prompt_tokens": message.prompt_tokens,
        "completion_tokens": message.completion_tokens,
    })
}

/// JSON as it is stored; as its text where it can't be read.
fn stored(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| {
        serde_json::from_str(text).unwrap_or_else(|_| text.into())
    })
}
