//! Changes one need of a conversation, or drops it: the chips' forms, and programs.

use actix_web::{Either, ResponseError, web};
use askama::Template;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Chips, Ledger, WrongNeed, text_of};
use crate::advisor::needs::check;
use crate::advisor::needs::{Edit, Field, Need};
use crate::auth::CurrentUser;
use crate::cars::Catalogue;
use crate::chat::answers;
use crate::chat::conversations::{self as pages, ChatView};
use crate::chat::open::{Open, read_open};
use crate::db::messages::{Message, Status};
use crate::db::need_edits::{self, NewEdit};
use crate::db::{self, conversations};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::{CHAT_LIMIT, Input, parse_id};
use crate::web::view::{Html, Shell, Show, View};

/// A change of one need.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NeedChange, example = json!({ "field": "budget_max", "value": 30000 }))]
pub struct Editing {
    /// Which need; left out when one is added.
    id: Option<String>,
    /// What a new need is about.
    field: Option<Field>,
    /// The new value; `null` drops the need.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Value>)]
    value: Option<Value>,
    /// Drops the need, whatever the value is: a form's button.
    #[serde(default)]
    #[schema(ignore)]
    drop: bool,
}

/// Tells `null` from what was left out.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

/// `PATCH /chat/{conversation}/needs`, and `POST` for forms.
#[utoipa::path(
    patch,
    path = "/chat/{id}/needs",
    operation_id = "change_need",
    tag = "Chat",
    summary = "Change, drop or add one need; the next answer goes by it",
    request_body = Editing,
    responses((status = 200, description = "All needs", body = answers::Needs), (status = 404)),
)]
pub async fn edit(
    app: web::Data<App>,
    current: CurrentUser,
    format: Format,
    id: web::Path<String>,
    body: Input<Editing, CHAT_LIMIT>,
) -> Result<Either<Show<NeedsView>, Show<ChatView>>, Error> {
    let id = parse_id(&id)?;
    let user_id = current.user.id;
    let open = read_open(&app, user_id.clone(), id.clone()).await?;
    let catalogue = app.catalogue();
    let error = match change(&open.ledger.needs, &body.value, &catalogue) {
        Ok(edit) => {
            store(&app, user_id.clone(), &open, edit).await?;
            let open = read_open(&app, user_id, id.clone()).await;
            let open = open.map_err(Error::after_a_change)?;
            let view = NeedsView::new(id, &open.ledger, None, &catalogue);
            return Ok(Either::Left(Show::new(view)));
        }
        Err(error) => error,
    };
    // Where the person sees the need, the sentence stands beside it.
    let status = error.status_code();
    match (format, body.value.wrong(&error)) {
        (Format::Page, Some(wrong)) => {
            let page = pages::with_wrong_need(&app, user_id, open, wrong).await?;
            Ok(Either::Right(Show::with_status(page, status)))
        }
        (Format::Fragment, Some(wrong)) => {
            let view = NeedsView::new(id, &open.ledger, Some(&wrong), &catalogue);
            Ok(Either::Left(Show::with_status(view, status)))
        }
        _ => Err(error),
    }
}

impl Editing {
    /// What is shown beside the need whose value can't be used.
    fn wrong(&self, error: &Error) -> Option<WrongNeed> {
        let value = error.fields().iter().find(|wrong| wrong.field == "value")?;
        Some(WrongNeed {
            id: self.id.clone()?,
            value: self.value.as_ref().map_or_else(String::new, text_of),
            detail: value.detail.clone(),
        })
    }
}

/// What is to be changed, checked.
fn change(needs: &[Need], editing: &Editing, catalogue: &Catalogue) -> Result<Edit, Error> {
    let old = match &editing.id {
        Some(id) => Some(needs.iter().find(|need| need.id == *id).ok_or_else(|| {
            Error::field(
                "id",
                "There is no such need in this conversation. Give the id of one of its needs.",
            )
        })?),
        None => None,
    };
    let field = old
        .map(|need| need.field)
        .or(editing.field)
        .ok_or_else(|| {
            Error::field(
                "id",
                "Give the id of the need to change, or the field of a new one.",
            )
        })?;
    let value = match &editing.value {
        _ if editing.drop => None,
        Some(Value::Null) => None,
        Some(value) => Some(value),
        None => {
            return Err(Error::field(
                "value",
                "Give a value, or null to drop the need.",
            ));
        }
    };
    let need = match value {
        // The words are nobody's: it was set by hand.
        Some(value) => check::check(field, value, catalogue)
            .map(|value| Some(Need::new(field, value, "", "")))
            .map_err(|detail| Error::field("value", detail))?,
        None => None,
    };
    match (old, &need) {
        (Some(old), _) => Ok(Edit {
            id: old.id.clone(),
            need,
        }),
        (None, Some(new)) => Ok(Edit {
            id: new.id.clone(),
            need,
        }),
        (None, None) => Err(Error::field("value", "Give the new need a value.")),
    }
}

async fn store(app: &App, user_id: String, open: &Open, edit: Edit) -> Result<(), Error> {
    let conversation_id = open.conversation.id.clone();
    // It counts from the message that the person has before them, but not from a reply that came to nothing: another
    // try leaves that one aside, and the change with it.
    let stays = |message: &&Message| !matches!(message.status, Status::Failed | Status::Stopped);
    let last = open.messages.iter().rfind(stays);
    let message_id = last.ok_or(Error::NotFound)?.id.clone();
    let need = edit.need.map(|need| {
        serde_json::to_string(&Need {
            message_id: message_id.clone(),
            ..need
        })
    });
    let row = NewEdit {
        id: db::new_id(),
        user_id: user_id.clone(),
        conversation_id: conversation_id.clone(),
        message_id,
        need_id: edit.id,
        need: need.transpose().map_err(Error::internal)?,
        created_at: db::now(),
    };
    app.db
        .write(move |conn| {
            // One that was deleted in the meantime is not found.
            conversations::touch(conn, &user_id, &conversation_id, db::now())?;
            need_edits::insert(conn, &row)
        })
        .await
}

/// The needs after a change.
pub struct NeedsView {
    conversation_id: String,
    needs: Vec<Need>,
    chips: Chips,
}

impl NeedsView {
    fn new(
        conversation_id: String,
        ledger: &Ledger,
        wrong: Option<&WrongNeed>,
        catalogue: &Catalogue,
    ) -> Self {
        Self {
            needs: ledger.needs.clone(),
            chips: Chips::of(&conversation_id, ledger, wrong, catalogue),
            conversation_id,
        }
    }
}

#[derive(Template)]
#[template(path = "chat/_needs.html")]
struct NeedsPartial<'a> {
    chips: &'a Chips,
}

impl View for NeedsView {
    fn json(&self) -> Value {
        json!(answers::Needs {
            conversation_id: &self.conversation_id,
            needs: &self.needs,
        })
    }

    fn page(&self, _: &Shell) -> askama::Result<Html> {
        Ok(Html::GoTo(format!("/chat/{}#needs", self.conversation_id)))
    }

    fn fragment(&self, _: &Shell) -> askama::Result<Html> {
        let partial = NeedsPartial { chips: &self.chips };
        Ok(Html::Body(partial.render()?))
    }
}
