//! Chooses the next question: the one whose answer parts what is left the most.

use std::collections::HashMap;
use std::hash::Hash;

use crate::advisor::needs::{Field, Need, question};
use crate::advisor::{Role, Turn};
use crate::cars::search::Ranked;
use crate::cars::{Catalogue, Drive, Facts, Fuel};

/// More would be an interrogation.
const MOST_QUESTIONS: usize = 3;

/// The next question, if there is one worth asking: neither answered nor asked before, and with something to part.
pub fn next(
    catalogue: &Catalogue,
    ranked: &Ranked,
    needs: &[Need],
    turns: &[Turn],
) -> Option<&'static str> {
    let asked = asked(turns);
    let named = needs.iter().any(|need| need.field == Field::Model);
    if asked.len() >= MOST_QUESTIONS || named || ranked.rows.len() < 3 {
        return None;
    }
    let facts: Vec<Facts> = ranked.rows.iter().map(|row| row.facts).collect();
    let answered =
        |field: Field| needs.iter().any(|need| need.field == field) || asked.contains(&field);
    let chargeable = facts
        .iter()
        .all(|f| matches!(f.fuel, Fuel::Electric | Fuel::PlugInHybrid));
    let (_, newest) = catalogue.years();
    let candidates = [
        (Field::Body, parting(&facts, |f| f.body)),
        (Field::Fuel, parting(&facts, |f| f.fuel)),
        (
            Field::Drive,
            parting(&facts, |f| {
                f.drive.map(|d| matches!(d, Drive::Awd | Drive::FourWd))
            }),
        ),
        (
            Field::ElectricRangeMin,
            if chargeable {
                parting(&facts, |f| f.electric_range_mi.map(|miles| miles / 75))
            } else {
                0.0
            },
        ),
        // These order what is left, or part it less surely, than those above.
        (Field::Priority, if facts.len() > 5 { 0.6 } else { 0.0 }),
        (
            Field::YearMin,
            0.5 * parting(&facts, |f| newest - f.year).min(1.0),
        ),
    ];
    let open = candidates
        .into_iter()
        .filter(|(field, bits)| !answered(*field) && *bits > 0.3);
    open.max_by(|(_, a), (_, b)| a.total_cmp(b))
        .and_then(|(field, _)| question::about(field))
}

/// The fields that were asked about in this conversation.
pub fn asked(turns: &[Turn]) -> Vec<Field> {
    let advisor = turns.iter().filter(|turn| turn.role == Role::Assistant);
    advisor
        .filter_map(|turn| question::asked(&turn.text))
        .collect()
}

/// Whether the last thing that the advisor said was a question of ours.
pub fn was_asked(turns: &[Turn]) -> bool {
    let last = turns.iter().rev().find(|turn| turn.role == Role::Assistant);
    last.is_some_and(|turn| question::asked(&turn.text).is_some())
}

/// Shannon's entropy, in bits: how far knowing this of a car narrows the choice on average.
fn parting<T: Eq + Hash>(facts: &[Facts], kind: impl Fn(&Facts) -> T) -> f64 {
    let mut counts: HashMap<T, f64> = HashMap::new();
    for fact in facts {
        *counts.entry(kind(fact)).or_default() += 1.0;
    }
    let total = facts.len() as f64;
    let mut shares: Vec<f64> = counts.into_values().map(|count| count / total).collect();
    // A fixed order, so that rounding is the same every time.
    shares.sort_by(f64::total_cmp);
    shares.iter().map(|share| -share * share.log2()).sum()
}
