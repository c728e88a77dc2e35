//! The login and signup forms, empty or again with what was wrong.

use actix_session::Session;
use actix_web::web;
use askama::Template;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::{CurrentUser, DRAFT, invitations};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::view::{Html, Shell, Show, View};

/// Where a browser goes once it is in.
const HOME: &str = "/chat/";
/// What can wait in the cookie beside the token, in bytes: browsers keep 4 KiB in all.
pub(super) const LONGEST_DRAFT: usize = 2_000;

/// Which of the two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormKind {
    Login,
    Signup,
}

/// Where the browser was going, the message that a visitor began on the landing page, or an invitation's secret.
#[derive(Debug, Deserialize)]
pub struct Going {
    next: Option<String>,
    draft: Option<String>,
    invitation: Option<SecretString>,
}

/// A form, with what the person typed except the password.
pub struct AuthForm {
    kind: FormKind,
    pub email: String,
    /// The secret of the invitation that somebody signs up with.
    pub invitation: Option<SecretString>,
    next: String,
    error: Option<Error>,
}

/// `GET /login`.
pub async fn login(
    current: Option<CurrentUser>,
    session: Session,
    going: web::Query<Going>,
) -> Result<Show<Entrance>, Error> {
    open(FormKind::Login, current, &session, going.into_inner()).map(Show::new)
}

/// `GET /signup`, with `?invitation=` where one is needed.
pub async fn signup(
    app: web::Data<App>,
    format: Format,
    current: Option<CurrentUser>,
    session: Session,
    going: web::Query<Going>,
) -> Result<Show<Entrance>, Error> {
    let going = going.into_inner();
    let admitted = match &current {
        Some(_) => Ok(None),
        None => invitations::admit(&app, going.invitation.as_ref()).await,
    };
    match admitted {
        Ok(invitation) => {
            let mut shown = open(FormKind::Signup, current, &session, going)?;
            if let Entrance::Form(form) = &mut shown {
                // Who has the link was sent it there.
                form.email = invitation.and_then(|one| one.email).unwrap_or_default();
            }
            Ok(Show::new(shown))
        }
        Err(error @ Error::Forbidden(_)) if format.is_html() => {
            let form = AuthForm::new(FormKind::Signup, safe_next(going.next.as_deref()));
            Ok(form.again(error).map(Entrance::Form))
        }
        Err(error) => Err(error),
    }
}

fn open(
    kind: FormKind,
    current: Option<CurrentUser>,
    session: &Session,
    going: Going,
) -> Result<Entrance, Error> {
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
    Ok(match current {
        Some(_) => Entrance::Inside(next),
        None => Entrance::Form(AuthForm {
            invitation: going.invitation,
            ..AuthForm::new(kind, next)
        }),
    })
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
    /// An empty form, from which one goes on to `next`.
    pub fn new(kind: FormKind, next: String) -> Self {
        Self {
            kind,
            email: String::new(),
            invitation: None,
            next,
            error: None,
        }
    }

    /// The form again, with the error's sentence where the person can act on it.
    pub fn again(self, error: Error) -> Show<Self> {
        Show::with_error(error, |error| Self {
            error: Some(error),
            ..self
        })
    }

    /// Nobody gets in here, whatever they write.
    fn is_shut(&self) -> bool {
        self.is_signup() && matches!(self.error, Some(Error::Forbidden(_)))
    }

    /// The invitation's secret, to be sent with the form.
    fn invitation(&self) -> Option<&str> {
        self.invitation.as_ref().map(ExposeSecret::expose_secret)
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
            && !next.split('?').next().unwrap_or(next).contains("//")
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
    shell: &'a Shell,
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

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(FormFragment { shell, form: self }.render()?))
    }
}

#[cfg(test)]
mod tests {
    use super::safe_next;

    #[test]
    fn next_never_leads_to_another_site() {
        for good in ["/chat/?draft=a%20b", "/chat?draft=https://a.example"] {
            assert_eq!(safe_next(Some(good)), good);
        }
        for bad in [
            "//evil",
            "/..//evil",
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
