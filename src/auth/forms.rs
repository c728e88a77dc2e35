//! The login and signup forms, empty or again with what was wrong.

use actix_web::{Either, Responder, ResponseError, web};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use super::CurrentUser;
use crate::error::Error;
use crate::web::view::{Html, Shell, Show, View};

/// Where a browser goes once it is in.
const HOME: &str = "/chat/";

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
pub async fn login(current: Option<CurrentUser>, going: web::Query<Going>) -> impl Responder {
    open(FormKind::Login, current, going.into_inner())
}

/// `GET /signup`.
pub async fn signup(current: Option<CurrentUser>, going: web::Query<Going>) -> impl Responder {
    open(FormKind::Signup, current, going.into_inner())
}

fn open(
    kind: FormKind,
    current: Option<CurrentUser>,
    going: Going,
) -> Either<Show<AuthForm>, web::Redirect> {
    let next = match going.draft {
        Some(draft) => {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("draft", &draft)
                .finish();
            format!("{HOME}?{query}")
        }
        None => safe_next(going.next.as_deref()),
    };
    match current {
        None => Either::Left(Show::new(AuthForm {
            kind,
            email: String::new(),
            next,
            error: None,
        })),
        Some(_) => Either::Right(web::Redirect::to(next).see_other()),
    }
}

impl AuthForm {
    /// The form again, with the error's sentence where the person can act on it.
    pub fn again(kind: FormKind, email: String, next: String, error: Error) -> Show<Self> {
        let status = error.status_code();
        Show::with_status(
            Self {
                kind,
                email,
                next,
                error: Some(error),
            },
            status,
        )
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
