//! The chat page: the list of conversations, and one of them or the beginning of another.

mod view;

use actix_session::Session;
use actix_web::{ResponseError, web};
use serde::Deserialize;
use utoipa::IntoParams;

pub use self::view::ChatView;
use super::answers;
use super::bin;
use super::list::{List, read_cursor, read_list};
use super::needs::WrongNeed;
use super::open::{Open, read_open};
use super::views::EditForm;
use crate::auth::{self, CurrentUser};
use crate::db::conversations::{self, Conversation};
use crate::db::messages;
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::parse_id;
use crate::web::page::{Paging, read_limit};
use crate::web::view::Show;

/// Where to go on in the list, a message that was begun elsewhere, and a conversation that can be taken back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wish {
    /// Where to go on: `next` of the answer before.
    cursor: Option<String>,
    /// How many conversations are wanted at most, 50 unless told otherwise.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    #[param(ignore)]
    draft: Option<String>,
    #[param(ignore)]
    deleted: Option<String>,
}

/// What a conversation is opened for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Look {
    /// Anything: what can be done with the conversation stands open.
    #[param(ignore)]
    menu: Option<String>,
    /// A message that has to be on the page, however long ago it was.
    #[param(ignore)]
    at: Option<String>,
    /// With htmx: the messages before that one, which is the first on the page.
    #[param(ignore)]
    before: Option<String>,
    /// Where to go on among the messages: `next` of the answer before.
    cursor: Option<String>,
    /// How many messages are wanted at most; without `cursor` and `limit` all of them come.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// `GET /chat/`.
#[utoipa::path(
    get,
    path = "/chat",
    operation_id = "list_conversations",
    tag = "Chat",
    summary = "My conversations",
    params(Wish),
    responses((status = 200, description = "Some of them", body = answers::Conversations)),
)]
pub async fn list(
    app: web::Data<App>,
    current: CurrentUser,
    session: Session,
    format: Format,
    wish: web::Query<Wish>,
) -> Result<Show<ChatView>, Error> {
    let after = wish.cursor.as_deref().map(read_cursor).transpose()?;
    let user_id = current.user.id;
    let limit = read_limit(wish.limit.as_deref())?;
    let list = read_list(&app, user_id.clone(), after, limit).await?;
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
#[utoipa::path(
    get,
    path = "/chat/{id}",
    operation_id = "conversation",
    tag = "Chat",
    summary = "One conversation, with the messages of the branch that it shows",
    params(Look),
    responses((status = 200, description = "The conversation", body = answers::Conversation), (status = 304), (status = 404)),
)]
pub async fn open(
    app: web::Data<App>,
    current: CurrentUser,
    format: Format,
    id: web::Path<String>,
    look: web::Query<Look>,
) -> Result<Show<ChatView>, Error> {
    let id = parse_id(&id)?;
    let open = read_open(&app, current.user.id.clone(), id).await?;
    let paging = Paging::new(look.cursor.clone(), look.limit.clone());
    let part = match paging.is_set() && format == Format::Json {
        true => Some(paging.slice(&open.messages, |message| &message.id)?),
        false => None,
    };
    // Beside the conversation, on pages.
    let list = match format.is_html() {
        true => read_list(&app, current.user.id, None, None).await?,
        false => List::default(),
    };
    Show::new(ChatView {
        part,
        is_menu_open: look.menu.is_some(),
        at: look.at.clone(),
        before: look.before.clone(),
        ..ChatView::new(&app, list, Some(open))
    })
    .tagged_for_programs(format)
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
        ..ChatView::new(app, read_list(app, user_id, None, None).await?, open)
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
        ..ChatView::new(app, read_list(app, user_id, None, None).await?, Some(open))
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
        ..ChatView::new(app, read_list(app, user_id, None, None).await?, Some(open))
    };
    Ok(Show::with_status(view, error.status_code()))
}
