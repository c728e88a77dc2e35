//! One sentence around a figure: the cars that it names, and which of them the figure is said of.

use super::figures::Figure;
use super::lex::{Kind, Token};
use super::mention::Mention;
use super::plain::Block;

/// What stands before a figure that the person might want.
const WISHES: &[&str] = &[
    "stretch", "back", "weigh", "raise", "raised", "raising", "lower", "relax", "widen", "budget",
    "limit", "up", "need", "want", "like", "accept", "allow", "take", "spend", "least", "most",
    "under", "go",
];
const ASKING: &[&str] = &[
    "do", "would", "could", "can", "will", "are", "did", "have", "should", "shall", "is", "does",
];
const ADDRESSED: &[&str] = &["you", "your", "i", "we", "that", "a"];
/// What sets one car against another that the sentence is about.
const SETTING_AGAINST: &[&str] = &["unlike", "with", "to", "versus", "vs", "against", "than"];

/// Whether a car that the sentence isn't about stands there: "compared with the Civic, ...", "unlike the Civic, ...".
fn is_rival(tokens: &[Token], mention: &Mention) -> bool {
    let mut before = tokens[..mention.from].iter().rev();
    let number = tokens[mention.from].sentence;
    let word = before.find(|token| !token.is(&["the", "a", "an"]));
    let word = word.filter(|token| token.sentence == number);
    let mut compares = || {
        before
            .next()
            .is_some_and(|token| token.is(&["compared", "contrast", "relative", "next"]))
    };
    word.is_some_and(|word| {
        word.is(&["unlike", "versus", "vs", "against"]) || word.is(SETTING_AGAINST) && compares()
    })
}

/// One sentence around a figure.
pub struct Sentence<'b> {
    tokens: &'b [Token],
    /// The cars that it names, with whether they are in one list with the car before.
    pub cars: Vec<(&'b Mention, bool)>,
    /// The cars of the nearest sentence before it in the block that names some.
    pub earlier: Vec<&'b Mention>,
    pub text: String,
    pub is_question: bool,
    /// "It", "this one": it goes on about the car before.
    pub points: bool,
    /// "All three": it counts what it speaks of.
    pub names_number: bool,
}

impl<'b> Sentence<'b> {
    pub fn of(
        block: &Block,
        tokens: &'b [Token],
        mentions: &'b [Mention],
        figure: &Figure,
    ) -> Self {
        let number = tokens[figure.at].sentence;
        let of = |mention: &&Mention| tokens[mention.from].sentence == number;
        let mut cars: Vec<(&Mention, bool)> = Vec::new();
        for mention in mentions.iter().filter(of) {
            let listed = cars.last().is_some_and(|(last, _): &(&Mention, bool)| {
                let between = tokens.get(last.to..mention.from).unwrap_or_default();
                let joined = between.iter().any(|token| token.is(&["and", "or"]));
                between.len() <= 3
                    && !between.is_empty()
                    && (joined || !is_rival(tokens, last))
                    && between.iter().all(|token| match token.kind {
                        Kind::Sign(sign) => matches!(sign, ',' | '&' | '/' | '*'),
                        _ => token.is(&["and", "or", "the", "a"]),
                    })
            });
            cars.push((mention, listed));
        }
        let own: Vec<&Token> = tokens
            .iter()
            .filter(|token| token.sentence == number)
            .collect();
        let span =
            own.first().map_or(0, |token| token.start)..own.last().map_or(0, |token| token.end);
        let last = mentions
            .iter()
            .rev()
            .find(|mention| tokens[mention.from].sentence < number);
        let earlier = last.map_or(Vec::new(), |last| {
            let place = tokens[last.from].sentence;
            mentions
                .iter()
                .filter(|mention| tokens[mention.from].sentence == place)
                .collect()
        });
        let first: Vec<&str> = own
            .iter()
            .filter(|token| !token.text.is_empty())
            .take(3)
            .map(|token| token.text.as_str())
            .collect();
        Self {
            tokens,
            cars,
            earlier,
            text: block.text.get(span).unwrap_or_default().to_lowercase(),
            is_question: own.last().is_some_and(|token| token.is_sign('?')),
            points: first.iter().any(|word| {
                matches!(
                    *word,
                    "it" | "its" | "it's" | "this" | "that" | "price" | "priced" | "costs"
                )
            }),
            names_number: own.windows(2).any(|pair| {
                pair[0].is(&["all", "both"]) && pair[1].is(&["two", "three", "four", "five", "six"])
            }),
        }
    }

    pub fn has(&self, words: &[&str]) -> bool {
        self.text
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| words.contains(&word))
    }

    /// "A five-star scale", "on a scale of 5 stars".
    pub fn is_scale(&self, figure: &Figure) -> bool {
        let is = |at: Option<usize>, words: &[&str]| {
            let token = at.and_then(|at| self.tokens.get(at));
            token.is_some_and(|token| token.is(words))
        };
        let before = |back| figure.from.checked_sub(back);
        is(Some(figure.to), &["scale"])
            || is(before(1), &["of", "to"]) && (2..=4).any(|back| is(before(back), &["scale"]))
    }

    /// Whether it asks or supposes what the person wants: that claims nothing of a car.
    pub fn is_about_wishes(&self, figure: &Figure) -> bool {
        let before = self.tokens[..figure.from].iter().rev();
        let own = before.take_while(|token| token.sentence == self.tokens[figure.at].sentence);
        let near = own.clone().take(5).any(|token| token.is(WISHES));
        let words: Vec<&str> = self
            .text
            .split(|c: char| !(c.is_alphanumeric() || c == '\''))
            .filter(|word| !word.is_empty())
            .collect();
        let asks = words
            .windows(2)
            .any(|pair| ASKING.contains(&pair[0]) && ADDRESSED.contains(&pair[1]));
        let asks_whether = self.has(&["enough", "okay", "ok", "fine", "how", "firm"]);
        let supposes = self.has(&["if", "would", "could", "may", "stretch", "raise"]);
        self.is_question && (asks || asks_whether || near) || supposes && near && !self.points
    }

    /// Whether one of these words is among the three tokens after a figure.
    pub fn is_followed(&self, figure: &Figure, words: &[&str]) -> bool {
        let after = self.tokens[figure.to..].iter().take(3);
        after.into_iter().any(|token| token.is(words))
    }

    /// The last car before a figure, leaving out what is spoken of in passing in an earlier clause.
    fn last_before(&self, figure: &Figure) -> Option<usize> {
        let stands = |(mention, _): &(&Mention, bool)| {
            let between = self.tokens.get(mention.to..figure.at).unwrap_or_default();
            let ended = between.iter().any(|token| token.is_sign(';'));
            // "The RAV4, unlike the Civic at 36 mpg, gets 39."
            let left = mention.from > 0
                && !std::ptr::eq(*mention, self.cars[0].0)
                && is_rival(self.tokens, mention)
                && between.iter().any(|token| token.is_sign(','));
            mention.to <= figure.at && !(mention.is_aside && ended) && !left
        };
        self.cars.iter().rposition(stands)
    }

    /// The cars that a figure is said of by its place: those before it, or the first after it.
    pub fn subject(&self, figure: &Figure) -> Vec<&'b Mention> {
        let last = self.last_before(figure);
        let next = last.map_or(0, |last| last + 1);
        // "39 mpg for the RAV4": what follows at once goes before what stands before.
        let is_for = |mention: &Mention| {
            let between = self.tokens.get(figure.to..mention.from).unwrap_or_default();
            between.len() <= 3 && between.first().is_some_and(|token| token.is(&["for"]))
        };
        match last {
            _ if self
                .cars
                .get(next)
                .is_some_and(|(mention, _)| is_for(mention)) =>
            {
                self.list_from(next)
            }
            Some(last) => self.list(last),
            None => self.list_from(0),
        }
    }

    /// The list that ends with a car.
    fn list(&self, last: usize) -> Vec<&'b Mention> {
        let mut first = last;
        while first > 0 && self.cars[first].1 {
            first -= 1;
        }
        self.cars[first..=last]
            .iter()
            .map(|(mention, _)| *mention)
            .collect()
    }

    fn list_from(&self, first: usize) -> Vec<&'b Mention> {
        let mut last = first;
        while self.cars.get(last + 1).is_some_and(|(_, listed)| *listed) {
            last += 1;
        }
        self.cars[first..=last]
            .iter()
            .map(|(mention, _)| *mention)
            .collect()
    }

    /// Other cars of the sentence that it may be said of, by the words between.
    pub fn others(&self, figure: &Figure) -> Vec<&'b Mention> {
        let mut others = Vec::new();
        let last = self
            .cars
            .iter()
            .rposition(|(mention, _)| mention.to <= figure.at);
        let next = last.map_or(0, |last| last + 1);
        // "39 mpg for the RAV4"
        if let Some((mention, _)) = self.cars.get(next) {
            let between = self.tokens.get(figure.to..mention.from).unwrap_or_default();
            let near = between.len() <= 6 && between.iter().all(|token| token.number().is_none());
            let linked = between.iter().any(|token| {
                token.is(&["for", "from", "in", "of", "on", "with", "by"]) || token.is_sign('(')
            });
            let parted = between
                .iter()
                .any(|token| matches!(token.kind, Kind::Sign(',' | ';')));
            if near && (linked && !parted || self.opens(figure)) {
                others.extend(self.list_from(next));
            }
        }
        // "The RAV4 saves $350 over the CR-V; its range is 300 miles"
        let between = last.map_or(figure.at, |last| self.cars[last].0.to)..figure.at;
        let goes_back = self.tokens[between]
            .iter()
            .any(|token| token.is(&["it", "its"]));
        if goes_back && !self.cars.is_empty() {
            others.extend(self.list_from(0));
        }
        // "The RAV4 beats the CR-V with 39 mpg": the last car is only what the first is held against.
        let set_against = |mention: &Mention| {
            let before = self.tokens[..mention.from]
                .iter()
                .rev()
                .filter(|token| !token.is(&["the", "a"]))
                .take(2);
            before.into_iter().any(|token| {
                token.is(&[
                    "than", "unlike", "over", "beats", "beating", "against", "like", "vs",
                    "versus", "to", "instead", "edges", "tops", "outdoes",
                ])
            })
        };
        if let Some(last) = last.filter(|last| *last > 0 && set_against(self.cars[*last].0)) {
            let first = last - self.list(last).len();
            others.extend(self.list(first));
        }
        // "at 110 MPGe instead of 116"
        if self.is_set_against(figure) {
            others.extend(self.cars.iter().map(|(mention, _)| *mention));
        }
        others
    }

    /// "for $36,400, the Telluride": the figure begins its clause, and its car ends it.
    fn opens(&self, figure: &Figure) -> bool {
        let before = |back: usize| figure.from.checked_sub(back).map(|at| &self.tokens[at]);
        before(1).is_some_and(|token| token.is(&["for", "at", "with"]))
            && before(2).is_none_or(|token| matches!(token.kind, Kind::Sign(',' | ';' | ':')))
    }

    /// Whether a figure is what another one is held against: it may be any of the sentence's cars that has it.
    fn is_set_against(&self, figure: &Figure) -> bool {
        let against = [
            "than", "instead", "rather", "versus", "vs", "compared", "against",
        ];
        let before = self.tokens[..figure.from].iter().rev().take(4);
        let before = before.take_while(|token| token.number().is_none());
        self.cars.len() > 1 && before.into_iter().any(|token| token.is(&against))
    }

    /// How many numbers stand between the last car before a figure and the end, at most.
    pub fn figures_after(&self, figure: &Figure) -> usize {
        let number = self.tokens[figure.at].sentence;
        let last = self
            .cars
            .iter()
            .rev()
            .find(|(mention, _)| mention.to <= figure.at);
        let from = last.map_or(0, |(mention, _)| mention.to);
        self.tokens[from..]
            .iter()
            .take_while(|token| token.sentence == number)
            .filter(|token| token.number().is_some())
            .count()
    }
}
