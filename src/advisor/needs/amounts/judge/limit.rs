//! Reads whether a number is the most or the least, whether that is denied, and whether it is paid again and again.

use super::Amounts;

const MOST: &[&str] = &[
    "under", "below", "within", "max", "maximum", "most", "less", "to", "budget", "cheaper",
    "beyond", "ceiling", "cap", "tops",
];
const LEAST: &[&str] = &[
    "over",
    "above",
    "least",
    "more",
    "minimum",
    "min",
    "starting",
    "from",
    "exceed",
    "exceeding",
];
const DENYING: &[&str] = &[
    "no",
    "not",
    "nothing",
    "never",
    "without",
    "don't",
    "dont",
    "can't",
    "cant",
    "cannot",
    "won't",
    "wont",
    "wouldn't",
    "couldn't",
    "shouldn't",
    "mustn't",
    "doesn't",
    "isn't",
    "refuse",
];
/// What may stand between a denial and the limit that it turns round: "don't want to spend over 30k".
const PASSED: &[&str] = &[
    "want",
    "to",
    "spend",
    "penny",
    "dime",
    "cent",
    "dollar",
    "single",
    "bit",
    "pay",
    "afford",
    "go",
    "going",
    "be",
    "cost",
    "costs",
    "anything",
    "any",
    "get",
    "buy",
    "have",
    "like",
    "something",
    "made",
    "built",
    "from",
    "really",
    "much",
    "car",
    "cars",
    "looking",
    "for",
    "need",
    "consider",
    "ever",
    "a",
    "model",
    "models",
    "that's",
    "it",
    "one",
];

impl Amounts<'_> {
    /// Where the denial starts that reaches the word at `at`: "nothing", "not", "I don't want to spend".
    pub(super) fn denied(&self, at: usize) -> Option<usize> {
        let back = (at.saturating_sub(8)..at).rev();
        let mut reach = back.skip_while(|i| {
            // "I don't want a Pilot from before 2020": the name stands between.
            let named = self.setting.named.contains(i);
            self.same_clause(*i) && (named || PASSED.contains(&self.text(*i)))
        });
        let first = reach.next()?;
        (self.same_clause(first) && DENYING.contains(&self.text(first))).then_some(first)
    }

    /// "under", "at least": where it starts, and whether it sets the most.
    pub(super) fn qualifier(&self) -> Option<(usize, bool)> {
        let first = self.at.saturating_sub(3);
        for i in (first..self.at).rev().filter(|i| self.same_clause(*i)) {
            let word = self.text(i);
            if word.starts_with(|c: char| c.is_ascii_digit()) {
                return None; // What stands before another number speaks of that one.
            }
            let up = word == "to" && i > 0 && self.text(i - 1) == "up";
            if word == "to" && !up {
                continue;
            }
            let at = i > 0 && self.text(i - 1) == "at";
            let most = MOST.contains(&word);
            if !most && !LEAST.contains(&word) {
                continue;
            }
            let start = i - usize::from(at || up);
            let fixed = [
                "budget", "within", "max", "maximum", "min", "minimum", "from", "starting",
            ];
            return match self.denied(start) {
                Some(denial) if !up && !fixed.contains(&word) => Some((denial, !most)),
                _ => Some((start, most)),
            };
        }
        None
    }

    /// By the month, by the week, or put down; not the price.
    pub(super) fn is_recurring(&self, end: usize) -> bool {
        let near = (end..(end + 3).min(self.words.len())).filter(|i| self.same_clause(*i));
        near.into_iter().any(|i| {
            self.words[i].is_any(&[
                "month", "monthly", "mo", "week", "weekly", "down", "year", "yearly", "annually",
                "gallon", "day", "payment", "payments", "deposit", "rebate", "bonus",
            ])
        })
    }
}
