//! The parts of the settings page.

use super::preferences::FIGURES;

/// A part of the page; its word is its id there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    About,
    Driving,
    Display,
    Sessions,
    Tokens,
    Activity,
    Usage,
    Password,
    Email,
    Data,
    Delete,
}

impl Section {
    pub const ALL: [Section; 11] = [
        Section::About,
        Section::Driving,
        Section::Display,
        Section::Sessions,
        Section::Tokens,
        Section::Activity,
        Section::Usage,
        Section::Password,
        Section::Email,
        Section::Data,
        Section::Delete,
    ];

    /// Its id on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Section::About => "about",
            Section::Driving => "driving",
            Section::Display => "display",
            Section::Sessions => "sessions",
            Section::Tokens => "tokens",
            Section::Activity => "activity",
            Section::Usage => "usage",
            Section::Password => "password",
            Section::Email => "email",
            Section::Data => "data",
            Section::Delete => "delete",
        }
    }

    /// The fields of its form, in their order.
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Section::About => &["knowledge"],
            Section::Driving => &FIGURES,
            Section::Display => &["units", "theme"],
            Section::Tokens => &["name", "expires_in_days"],
            Section::Password => &["current_password", "new_password"],
            Section::Email => &["email", "password"],
            Section::Delete => &["password"],
            Section::Sessions | Section::Activity | Section::Usage | Section::Data => &[],
        }
    }

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Section::About => "About you",
            Section::Driving => "Driving and prices",
            Section::Display => "Display",
            Section::Sessions => "Sessions",
            Section::Tokens => "API tokens",
            Section::Activity => "Recent activity",
            Section::Usage => "Your use",
            Section::Password => "Password",
            Section::Email => "Email",
            Section::Data => "Your data",
            Section::Delete => "Delete account",
        }
    }

    /// What is said there once it is done.
    pub fn done(self) -> &'static str {
        match self {
            Section::About | Section::Driving | Section::Display => "Saved.",
            Section::Sessions => "Logged out there.",
            Section::Tokens => "The token is revoked.",
            Section::Password => {
                "Your password is changed. Every other session and all tokens have ended."
            }
            Section::Email => "Your email is changed. Log in with it from now on.",
            Section::Activity | Section::Usage | Section::Data | Section::Delete => "Done.",
        }
    }

    /// The section of that id, if there is one.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == word)
    }
}
