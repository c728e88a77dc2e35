//! `GET /chat/search`: one's own messages that hold some words, each with the hit in its context.

use std::collections::{HashMap, HashSet};

use actix_web::web;
use askama::Template;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::{answers, markdown};
use crate::auth::CurrentUser;
use crate::db::messages::{self, Role};
use crate::db::search::{self, Hit};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::page::{read_id, read_limit, take_off};
use crate::web::view::{Html, Shell, Show, View};

/// How many results come at once, unless told otherwise.
const USUAL: usize = 20;
/// The longest search, in characters.
const LONGEST: usize = 200;
const MOST_TERMS: usize = 8;
/// How many characters are shown before the first hit, and how many in all.
const BEFORE: usize = 60;
const CONTEXT: usize = 240;

/// What is looked for, and where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wish {
    /// Words that all have to be in a message.
    #[serde(default)]
    #[param(required = true, min_length = 1, max_length = 200, example = "hybrid")]
    q: String,
    /// Where to go on: `next` of the answer before.
    cursor: Option<String>,
    /// How many results are wanted at most, 20 unless told otherwise.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// `GET /chat/search?q=`.
#[utoipa::path(
    get,
    path = "/chat/search",
    tag = "Chat",
    summary = "My messages that hold all the words",
    params(Wish),
    responses((status = 200, description = "Some of them", body = answers::Results)),
)]
pub async fn search(
    app: web::Data<App>,
    current: CurrentUser,
    format: Format,
    wish: web::Query<Wish>,
) -> Result<Show<Found>, Error> {
    let wish = wish.into_inner();
    let q = wish.q.trim().to_owned();
    let terms = terms(&q)?;
    if terms.is_empty() {
        return match format {
            Format::Json => Err(Error::field("q", "Give the words to look for.")),
            Format::Page | Format::Fragment => Ok(Show::new(Found::nothing(q))),
        };
    }
    let before = read_id(wish.cursor.as_deref())?;
    let limit = read_limit(wish.limit.as_deref())?.unwrap_or(USUAL);
    let most = i64::try_from(limit).map_err(Error::internal)? + 1;
    let (user_id, words) = (current.user.id, terms.clone());
    let (mut hits, links) = app
        .db
        .read(move |conn| {
            let hits = search::find(conn, &user_id, &words, before.as_deref(), most)?;
            let conversations: HashSet<&str> = hits
                .iter()
                .map(|hit| hit.conversation_id.as_str())
                .collect();
            let conversations: Vec<&str> = conversations.into_iter().collect();
            let links = messages::links(conn, &user_id, &conversations)?;
            Ok((hits, links))
        })
        .await?;
    let next = take_off(&mut hits, limit, |hit| hit.id.clone());
    let shown = shown(&hits, links);
    let results = hits.into_iter().map(|hit| Place {
        is_shown: shown.contains(&hit.id),
        context: match hit.role {
            Role::User => context(&hit.text, &terms),
            Role::Assistant => context(&markdown::to_text(&hit.text), &terms),
        },
        hit,
    });
    Ok(Show::new(Found {
        results: results.collect(),
        q,
        next,
    }))
}

/// The words, in small letters, each once.
fn terms(q: &str) -> Result<Vec<String>, Error> {
    if q.chars().count() > LONGEST {
        return Err(Error::field(
            "q",
            format!("Look for at most {LONGEST} characters."),
        ));
    }
    let mut terms: Vec<String> = Vec::new();
    // No message has a NUL, so it parts words as blanks do.
    let parts = |c: char| c.is_whitespace() || c == '\0';
    for word in q.to_lowercase().split(parts) {
        if !word.is_empty() && !terms.iter().any(|known| known == word) {
            terms.push(word.to_owned());
        }
    }
    terms.truncate(MOST_TERMS);
    Ok(terms)
}

/// The hits that stand on the path that their conversation shows.
fn shown(hits: &[Hit], links: Vec<(String, Option<String>)>) -> HashSet<String> {
    let parents: HashMap<String, Option<String>> = links.into_iter().collect();
    let mut shown = HashSet::new();
    for hit in hits {
        let mut at = hit.head_id.clone();
        // Inserted as they are found, so that even a circle would end.
        while let Some(id) = at.filter(|id| shown.insert(id.clone())) {
            at = parents.get(&id).cloned().flatten();
        }
    }
    shown
}

/// A piece of a text: the words, and whether they are what was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub is_hit: bool,
}

/// The surroundings of the first hit, with every hit in them.
fn context(text: &str, terms: &[String]) -> Vec<Piece> {
    let letters: Vec<char> = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .collect();
    // Letter by letter, so that places in it are places in the text.
    let small: Vec<char> = letters
        .iter()
        .map(|letter| letter.to_lowercase().next().unwrap_or(*letter))
        .collect();
    let terms: Vec<Vec<char>> = terms.iter().map(|term| term.chars().collect()).collect();
    let hit_at = |at: usize| {
        let fits = terms.iter().filter(|term| small[at..].starts_with(term));
        fits.map(Vec::len).max()
    };
    let first = (0..small.len())
        .find(|at| hit_at(*at).is_some())
        .unwrap_or(0);
    let begin = word_begin(&letters, first.saturating_sub(BEFORE));
    let end = (begin + CONTEXT).min(letters.len());
    let end = word_end(&letters, end);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut push = |letters: &[char], is_hit: bool| match pieces.last_mut() {
        Some(last) if last.is_hit == is_hit && !is_hit => last.text.extend(letters),
        _ => pieces.push(Piece {
            text: letters.iter().collect(),
            is_hit,
        }),
    };
    if begin > 0 {
        push(&['…', ' '], false);
    }
    let mut at = begin;
    while at < end {
        let length = hit_at(at);
        let to = at + length.unwrap_or(1);
        push(&letters[at..to], length.is_some());
        at = to;
    }
    if at < letters.len() {
        push(&['…'], false);
    }
    pieces
}

/// The end of the word at that place, where it isn't far.
fn word_end(letters: &[char], at: usize) -> usize {
    let rest = letters[at..].iter();
    let length = rest.take_while(|letter| letter.is_alphanumeric()).count();
    if length < BEFORE { at + length } else { at }
}

/// The beginning of the word at that place, or of the one after it.
fn word_begin(letters: &[char], at: usize) -> usize {
    if at == 0 {
        return 0;
    }
    let space = letters[at..].iter().position(|letter| *letter == ' ');
    match space {
        Some(space) if space < BEFORE / 2 => at + space + 1,
        _ => at,
    }
}

/// A hit, where it stands.
pub struct Place {
    hit: Hit,
    /// The conversation shows it without stepping to another branch.
    is_shown: bool,
    context: Vec<Piece>,
}

/// What was found.
pub struct Found {
    q: String,
    results: Vec<Place>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "chat/search.html", blocks = ["main"])]
struct SearchPage<'a> {
    shell: &'a Shell,
    found: &'a Found,
    longest: usize,
    more: Option<String>,
}

impl Found {
    fn nothing(q: String) -> Self {
        Self {
            q,
            results: Vec::new(),
            next: None,
        }
    }

    fn template<'a>(&'a self, shell: &'a Shell) -> SearchPage<'a> {
        let more = self.next.as_ref().map(|next| {
            let query = [("q", self.q.as_str()), ("cursor", next)];
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(query)
                .finish();
            format!("/chat/search?{query}")
        });
        SearchPage {
            shell,
            found: self,
            longest: LONGEST,
            more,
        }
    }
}

impl Place {
    fn is_said(&self) -> bool {
        self.hit.role == Role::User
    }

    fn answer(&self) -> answers::Hit<'_> {
        let pieces = self.context.iter().map(|piece| piece.text.as_str());
        answers::Hit {
            id: &self.hit.id,
            conversation_id: &self.hit.conversation_id,
            title: &self.hit.title,
            role: self.hit.role,
            timestamp: self.hit.timestamp.and_utc(),
            context: pieces.collect(),
        }
    }
}

impl View for Found {
    fn json(&self) -> Value {
        json!(answers::Results {
            results: self.results.iter().map(Place::answer).collect(),
            next: self.next.as_deref(),
        })
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).render()?))
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).as_main().render()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, q: &str) -> String {
        let pieces = context(text, &terms(q).unwrap());
        let mark = |piece: Piece| match piece.is_hit {
            true => format!("[{}]", piece.text),
            false => piece.text,
        };
        pieces.into_iter().map(mark).collect()
    }

    #[test]
    fn a_hit_stands_in_its_context() {
        assert_eq!(
            marked("A small Hybrid, small!", "small HYB"),
            "A [small] [Hyb]rid, [small]!"
        );
        assert_eq!(marked("ÜBER İzmir", "über izmir"), "[ÜBER] [İzmir]");
        let long = format!(
            "{} a plug-in hybrid {}",
            "before ".repeat(50),
            "after ".repeat(90)
        );
        let shown = marked(&long, "plug-in");
        assert!(
            shown.starts_with("… before") && shown.ends_with('…'),
            "{shown}"
        );
        assert!(shown.contains("a [plug-in] hybrid after") && shown.chars().count() < 250);
    }
}
