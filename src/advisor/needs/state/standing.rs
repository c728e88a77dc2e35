//! What becomes of what was said before: ends of a span that are replaced, and contradictions that are settled.

use super::{Change, State};
use crate::advisor::needs::amounts::Amount;
use crate::advisor::needs::conflict::{self, Conflict};
use crate::advisor::needs::question::Asked;
use crate::advisor::needs::{Field, Need};

impl State {
    /// The contradiction that was asked about just now.
    pub(super) fn pair_asked_about(&self, asked: Option<Asked>) -> Option<Conflict> {
        let asked = asked == Some(Asked::Conflict);
        asked.then(|| conflict::conflicts(&self.needs).into_iter().next())?
    }

    /// Asked which of two counts, they said the one anew: the other doesn't.
    pub(super) fn settle(&mut self, pair: &Conflict, touched: &[Field]) {
        let said = |need: &Need| touched.contains(&need.field);
        let gone = match (said(&pair.first), said(&pair.second)) {
            (true, false) => &pair.second,
            (false, true) => &pair.first,
            _ => return,
        };
        let open = conflict::conflicts(&self.needs);
        if open
            .iter()
            .any(|other| other.first == *gone || other.second == *gone)
        {
            self.needs.retain(|need| need != gone);
        }
    }

    /// Drops the ends of an earlier span that new amounts replace. One new end leaves the other where it was, unless
    /// both were said as one span, or the words turn round what was said; an end that can't hold with it then stands to be
    /// asked about.
    pub(super) fn make_room(&mut self, ends: [Field; 2], amounts: &[Amount], change: &Change) {
        let new = ends.map(|end| amounts.iter().find(|amount| amount.field == end));
        let old = ends.map(|end| self.needs.iter().find(|need| need.field == end));
        let earlier =
            |need: &Option<&Need>| need.is_some_and(|n| n.message_id != change.turn.message_id);
        let years = ends[0] == Field::YearMin;
        let spanned = match old {
            [Some(low), Some(high)] => low.words == high.words && low.message_id == high.message_id,
            _ => false,
        };
        let stale: Vec<Field> = match new {
            [None, None] => return,
            [Some(_), Some(_)] => ends.to_vec(),
            [low, high] => {
                let (new, other) = if low.is_some() { (low, 1) } else { (high, 0) };
                let bound = old[other].and_then(|need| need.value.as_u64());
                let crossed = match (new, bound) {
                    (Some(new), Some(bound)) if other == 1 => new.value > bound,
                    (Some(new), Some(bound)) => new.value < bound,
                    _ => false,
                };
                let replaced = (spanned && (years || crossed)) || (crossed && change.turns_round);
                if replaced && earlier(&old[other]) {
                    vec![ends[other]]
                } else {
                    Vec::new()
                }
            }
        };
        self.drop_fields(&stale);
    }
}
