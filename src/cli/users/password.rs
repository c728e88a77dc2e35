//! Where a password comes from: asked for on the terminal, read from standard input, or made up. Never an argument, which
//! every process on the machine could read.

use std::io::{IsTerminal, Read};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use super::Failure;
use crate::auth::passwords;

/// More than any password that is taken, in bytes.
const LONGEST: u64 = 4 * 1024;

#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Source {
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
    /// Make a password up, and print it this once.
    #[arg(long)]
    generate: bool,
}

/// A password that is good enough.
pub struct Password {
    pub hash: String,
    /// To be printed, since nobody else knows it.
    pub made_up: Option<SecretString>,
}

impl Source {
    /// Gets the password and checks it as signing up does.
    pub fn get(&self, email: &str) -> Result<Password, Failure> {
        let password = match (self.password_stdin, self.generate) {
            (true, _) => read()?,
            (_, true) => make_up()?,
            _ => ask()?,
        };
        passwords::check_strength(&password, email)?;
        Ok(Password {
            hash: passwords::hash_now(password.expose_secret())?,
            made_up: self.generate.then_some(password),
        })
    }
}

fn read() -> Result<SecretString, Failure> {
    let mut text = String::new();
    let mut stdin = std::io::stdin().take(LONGEST);
    stdin
        .read_to_string(&mut text)
        .map_err(|error| Failure::Argument(format!("--password-stdin: {error}")))?;
    // What `echo` adds is no part of it.
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.contains(['\n', '\r', '\0']) {
        return Err(Failure::Argument(
            "--password-stdin: the password must be one line".into(),
        ));
    }
    Ok(password.into())
}

/// 120 random bits.
fn make_up() -> Result<SecretString, Failure> {
    let mut bytes = [0; 15];
    getrandom::fill(&mut bytes).map_err(|error| Failure::Other(error.to_string()))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes).into())
}

fn ask() -> Result<SecretString, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Argument(
            "there is no terminal to ask for the password on: give --password-stdin or --generate"
                .into(),
        ));
    }
    let ask = |prompt| {
        rpassword::prompt_password(prompt)
            .map(SecretString::from)
            .map_err(|error| Failure::Other(format!("the password can't be read: {error}")))
    };
    let password = ask("Password: ")?;
    let again = ask("The same again: ")?;
    match password.expose_secret() == again.expose_secret() {
        true => Ok(password),
        false => Err(Failure::Argument("the two passwords differ".into())),
    }
}
