//! The login and signup forms, empty or again with what was wrong.

use actix_session::Session;
use actix_web::web;
use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use super::{CurrentUser, DRAFT};
use crate::error::Error;
use crate::web::view::{Html, Shell, Show, View};

/// Where a browser goes once it is in.
const HOME: &str = "/chat/";
/// What can wait in the cookie beside the token, in bytes: browsers keep 4 KiB in all.
const LONGEST_DRAFT: usize = 2_000;

/// Which of the two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormKind {
    Login,
    Signup,
}

/// Where the browser was going, or the message that a visitor began on the landing page.
#[derive(Debug, Deserialize)]
pub struct Going {
    next: Option<String>,
    draft: Option<String>,
}

/// A form, with what the person typed except the password.
pub struct AuthForm {
    kind: FormKind,
    email: String,
    next: String,
    error: Option<Error>,
}

/// `GET /login`.
pub async fn login(
    current: Option<CurrentUser>,
    session: Session,
    going: web::Query<Going>,
) -> Result<Show<Entrance>, Error> {
    open(FormKind::Login, current, &session, going.into_inner())
}

/// `GET /signup`.
pub async fn signup(
    current: Option<CurrentUser>,
    session: Session,
    going: web::Query<Going>,
) -> Result<Show<Entrance>, Error> {
    open(FormKind::Signup, current, &session, going.into_inner())
}

fn open(
    kind: FormKind,
    current: Option<CurrentUser>,
    session: &Session,
    going: Going,
) -> Result<Show<Entrance>, Error> {
    let next = safe_next(going.next.as_deref());
    if let Some(draft) = going.draft.filter(|draft| !draft.trim().is_empty()) {
        if draft.len() > LONGEST_DRAFT {
            return Err(Error::field(
                "draft",
                "That is a lot for a start. Sign up first, then send it in the chat.",
            ));
        }
        session.insert(DRAFT, draft).map_err(Error::internal)?;
    }
    Ok(Show::new(match current {
        Some(_) => Entrance::Inside(next),
        None => Entrance::Form(AuthForm {
            kind,
            email: String::new(),
            next,
            error: None,
        }),
    }))
}

/// The form, or for somebody who is in already the way on.
pub enum Entrance {
    Form(AuthForm),
    Inside(String),
}

impl View for Entrance {
    fn json(&self) -> Value {
        match self {
            Entrance::Form(form) => form.json(),
            Entrance::Inside(next) => serde_json::json!({ "next": next }),
        }
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        match self {
            Entrance::Form(form) => form.page(shell),
            Entrance::Inside(next) => Ok(Html::GoTo(next.clone())),
        }
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        match self {
            Entrance::Form(form) => form.fragment(shell),
            Entrance::Inside(_) => self.page(shell),
        }
    }
}

impl AuthForm {
    /// The form again, with the error's sentence where the person can act on it.
    pub fn again(kind: FormKind, email: String, next: String, error: Error) -> Show<Self> {
        Show::with_error(error, |error| Self {
            kind,
            email,
            next,
            error: Some(error),
        })
    }

    /// What is wrong with one field.
    fn wrong(&self, field: &str) -> Option<&str> {
        let fields = self.error.as_ref()?.fields();
        let wrong = fields.iter().find(|wrong| wrong.field == field)?;
        Some(&wrong.detail)
    }

    /// What is wrong with no field in particular.
    fn wrong_at_all(&self) -> Option<String> {
        let error = self.error.as_ref()?;
        let has_a_place = ["email", "password"]
            .iter()
            .any(|f| self.wrong(f).is_some());
        (!has_a_place).then(|| error.to_string())
    }

    fn is_signup(&self) -> bool {
        self.kind == FormKind::Signup
    }

    /// The other form, on the same way.
    fn other(&self) -> String {
        let path = if self.is_signup() {
            "/login"
        } else {
            "/signup"
        };
        if self.next == HOME {
            return path.into();
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("next", &self.next)
            .finish();
        format!("{path}?{query}")
    }
}

/// A path of ours and nothing else: never another site.
pub fn safe_next(next: Option<&str>) -> String {
    let is_path = |next: &&str| {
        next.starts_with('/')
            && !next.starts_with("//")
            && !next.contains('\\')
            && next.bytes().all(|byte| byte.is_ascii_graphic())
    };
    next.filter(is_path).unwrap_or(HOME).to_owned()
}

#[derive(Template)]
#[template(path = "auth/form.html")]
struct FormPage<'a> {
    shell: &'a Shell,
    form: &'a AuthForm,
}

#[derive(Template)]
#[template(path = "auth/_form.html")]
struct FormFragment<'a> {
    form: &'a AuthForm,
}

impl View for AuthForm {
    /// The forms are for people; a program reads the routes they post to.
    fn json(&self) -> Value {
        let action = if self.is_signup() {
            "/auth/signup"
        } else {
            "/auth/login"
        };
        serde_json::json!({ "action": action, "method": "POST", "fields": ["email", "password"] })
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(FormPage { shell, form: self }.render()?))
    }

    fn fragment(&self, _: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(FormFragment { form: self }.render()?))
    }
}

#[cfg(test)]
mod tests {
    use super::safe_next;

    #[test]
    fn next_never_leads_to_another_site() {
        assert_eq!(safe_next(Some("/chat/?draft=a%20b")), "/chat/?draft=a%20b");
        for bad in [
            "//evil",
            "https://evil",
            "/\\evil",
            "\\evil",
            "",
            "/a\nb",
            "/a b",
        ] {
            assert_eq!(safe_next(Some(bad)), "/chat/", "{bad:?}");
        }
    }
}
