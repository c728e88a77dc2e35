//! Checks what a model wrote against the catalogue and what was looked up, before it counts as fact.
//!
//! It reads the text as a reader sees it: names of cars, and figures with a unit. A name must be in the catalogue, in the
//! year that is given. A figure belongs to the car that is named before it in its sentence, else in its list item,
//! paragraph or heading; it is borne out by a version of that car that a tool returned for this reply, or by any version
//! in the catalogue where none was. What the shopper said is borne out as long as no car is claimed to have it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::cars::Catalogue;

mod evidence;
mod figures;
mod judge;
mod lex;
mod mention;
mod names;
mod plain;
mod sentence;
mod subject;
mod unit;

pub use evidence::Evidence;
pub use names::{Names, SPOKEN};
pub use plain::{OPTIONS, place};
use subject::Reader;
use utoipa::ToSchema;

/// After so many pieces the rest of a reply is marked as a whole.
const MOST: usize = 200;
/// The longest paragraph that is read, in bytes.
const LONGEST: usize = 4 * 1024;

/// A piece of a reply that nothing bears out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unverified {
    /// Where it begins in the reply's text, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The piece as it stands there.
    pub text: String,
    /// One sentence for the person.
    pub reason: String,
}

/// What is wrong with a piece.
const NO_CAR: &str = "The catalogue has no such car.";
const NO_CAR_OF_YEAR: &str = "The catalogue has no such car of that model year.";
const NOT_THIS_CAR: &str =
    "The catalogue and what was looked up don't give this figure for this car.";
const NOT_LOOKED_UP: &str = "Nothing that was looked up for this answer gives this figure.";
const NOT_READ: &str = "There is more here than can be checked.";

/// All numbers of a text, in digits or in words.
pub fn numbers(text: &str) -> Vec<f64> {
    figures::numbers(&lex::split(text))
}

/// Everything in a reply that isn't borne out, from its beginning to its end.
pub fn audit(
    catalogue: &Catalogue,
    names: &Names,
    evidence: &Evidence,
    text: &str,
) -> Vec<Unverified> {
    let mut reader = Reader::new(catalogue, names, evidence);
    let mut found: Vec<Unverified> = Vec::new();
    for block in plain::blocks(text) {
        let end_of_last = found.last().map_or(0, |last| last.end);
        if found.len() >= MOST || reader.is_full() || block.text.len() > LONGEST {
            // What isn't read isn't borne out: a flood of words must not hide a lie.
            let start = block.source(0..1).start.max(end_of_last);
            found.extend(unverified(text, start..text.len(), NOT_READ));
            break;
        }
        for (piece, reason) in reader.read(&block) {
            let piece = block.source(piece);
            // Two pieces of one link or entity come from the same place.
            if found.last().is_none_or(|last| last.end <= piece.start) {
                found.extend(unverified(text, piece, reason));
            }
        }
    }
    found
}

fn unverified(text: &str, piece: Range<usize>, reason: &str) -> Option<Unverified> {
    Some(Unverified {
        start: piece.start,
        end: piece.end,
        text: text.get(piece)?.to_owned(),
        reason: reason.to_owned(),
    })
}

#[cfg(test)]
mod phrases;
#[cfg(test)]
mod tests;
