//! The paths that are counted, each once when everything that is made on first use has been made.

use std::hint::black_box;

use autio::advisor::catalogue::answer;
use autio::advisor::{Knowledge, Role, Turn, needs};
use autio::cars::Catalogue;
use autio::cars::search::{Filter, search};
use autio::chat::{markdown, views};
use autio::db::messages::{self, Message};
use serde_json::json;

use crate::message;

const SAID: &str = "A family SUV under $40,000 with all-wheel drive, 7 seats and good mileage, 2022 or newer, not a Toyota";

/// What is counted.
pub const NAMES: [&str; 4] = [
    "search of the whole catalogue",
    "needs read from a message",
    "Markdown to safe HTML",
    "a reply with its cars rendered",
];

/// What runs each of them.
pub const FUNCTIONS: [&str; NAMES.len()] = [
    "counted_search",
    "counted_needs",
    "counted_markdown",
    "counted_rendering",
];

pub fn run() {
    let catalogue = Catalogue::built_in().expect("the built-in catalogue");
    let filter = Filter {
        year_min: Some(2015),
        ..Filter::default()
    };
    let turn = Turn {
        message_id: "m".into(),
        role: Role::User,
        text: SAID.into(),
        edits: Vec::new(),
    };
    let turns = [turn];
    let reply = reply(&catalogue, &turns);
    let text = format!(
        "{}\n\n| a | b |\n| - | - |\n| **1** | [2](https://example.com) |\n\n",
        reply.text
    );
    // Once for what is made once, and once to be counted.
    search(&catalogue, &filter, 20);
    counted_search(&catalogue, &filter);
    needs::read(&turns, &catalogue);
    counted_needs(&catalogue, &turns);
    markdown::to_html(&text);
    counted_markdown(&text);
    views::message(views::MessageView::of(&reply, None)).expect("it renders");
    counted_rendering(&reply);
}

#[inline(never)]
fn counted_search(catalogue: &Catalogue, filter: &Filter) {
    black_box(search(catalogue, filter, 20));
}

#[inline(never)]
fn counted_needs(catalogue: &Catalogue, turns: &[Turn]) {
    black_box(needs::read(turns, catalogue));
}

#[inline(never)]
fn counted_markdown(text: &str) {
    black_box(markdown::to_html(text));
}

#[inline(never)]
fn counted_rendering(reply: &Message) {
    black_box(views::message(views::MessageView::of(reply, None)).is_ok());
}

/// What the built-in advisor answers, as it is kept.
fn reply(catalogue: &Catalogue, turns: &[Turn]) -> Message {
    let made = answer(catalogue, turns, Knowledge::Casual);
    Message {
        model: Some("m".into()),
        cars: Some(json!(made.cars).to_string()),
        needs: Some(json!(made.needs).to_string()),
        catalogue: Some(catalogue.version.clone()),
        ..message::finished("m".into(), messages::Role::Assistant, made.text)
    }
}
