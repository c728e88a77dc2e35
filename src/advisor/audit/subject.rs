//! Which car a figure is said of: goes through a reply block by block and keeps what was named.

use std::collections::HashMap;
use std::ops::Range;

use super::evidence::Evidence;
use super::figures::{self, Figure};
use super::judge::Judge;
use super::lex::{self, Kind, Token};
use super::mention::{self, Mention};
use super::names::Names;
use super::plain::Block;
use super::unit::{self, Unit};
use super::{NO_CAR, NO_CAR_OF_YEAR, NOT_LOOKED_UP, NOT_THIS_CAR};
use crate::cars::Catalogue;

/// How many different cars one reply can name.
const MOST_CARS: usize = 100;

/// A reply as far as it was read.
pub struct Reader<'a> {
    catalogue: &'a Catalogue,
    names: &'a Names,
    judge: Judge<'a>,
    /// The models that need no make any more: what tools returned and what was named.
    known: Vec<usize>,
    /// Every car that was named, in order.
    named: Vec<Mention>,
    /// The cars that a block without one speaks of, with the depth of the list that named them.
    context: Vec<(usize, Vec<Mention>)>,
    /// What the heads and first cells of tables say, by table, row and column.
    cells: HashMap<(usize, usize, usize), (Vec<Mention>, Option<Unit>)>,
}

impl<'a> Reader<'a> {
    pub fn new(catalogue: &'a Catalogue, names: &'a Names, evidence: &'a Evidence) -> Self {
        let numbers: Vec<u32> = evidence.numbers.iter().copied().collect();
        Self {
            catalogue,
            names,
            judge: Judge::new(catalogue, evidence),
            known: names.of_numbers(&numbers),
            named: Vec::new(),
            context: Vec::new(),
            cells: HashMap::new(),
        }
    }

    /// Whether so many cars were named that no more are read.
    pub fn is_full(&self) -> bool {
        self.named.len() >= MOST_CARS
    }

    /// The pieces of a block that aren't borne out, in order, each with the reason.
    pub fn read(&mut self, block: &Block) -> Vec<(Range<usize>, &'static str)> {
        let tokens = lex::split(&block.text);
        let mentions = mention::find(&tokens, self.catalogue, self.names, &self.known);
        let mut is_name = vec![false; tokens.len()];
        for mention in &mentions {
            is_name[mention.from..mention.to].fill(true);
        }
        let (around, default) = self.around(block, &tokens, &mentions);
        let figures = figures::find(&tokens, &is_name, default);

        let mut wrong: Vec<(Range<usize>, &'static str)> = Vec::new();
        for mention in mentions.iter().filter(|mention| mention.rows.is_empty()) {
            let reason = match mention.is_model {
                true => NO_CAR_OF_YEAR,
                false => NO_CAR,
            };
            wrong.push((
                tokens[mention.from].start..tokens[mention.to - 1].end,
                reason,
            ));
        }
        for figure in &figures {
            let sentence = Sentence::of(block, &tokens, &mentions, figure);
            if let Some(reason) = self.fault(figure, &sentence, &around, &mentions) {
                wrong.push((tokens[figure.from].start..tokens[figure.to - 1].end, reason));
            }
        }
        wrong.sort_by_key(|(piece, _)| piece.start);
        self.keep(block, mentions);
        wrong
    }

    /// The cars that a block without any speaks of, and the unit that its column or row has.
    fn around(
        &mut self,
        block: &Block,
        tokens: &[Token],
        mentions: &[Mention],
    ) -> (Around, Option<Unit>) {
        if let Some((table, row, column)) = block.cell {
            let end = tokens.len();
            let unit = tokens.iter().find_map(unit::before).or_else(|| {
                let found = (0..end).find_map(|at| unit::after(tokens, at));
                found.map(|(unit, _)| unit)
            });
            let said = unit.filter(|_| tokens.iter().all(|token| token.number().is_none()));
            self.cells
                .insert((table, row, column), (mentions.to_vec(), said));
            let head = self.cells.get(&(table, 0, column)).filter(|_| row > 0);
            let first = self.cells.get(&(table, row, 0)).filter(|_| column > 0);
            let cells = || [first, head].into_iter().flatten();
            let cars = cells().map(|(cars, _)| cars).find(|cars| !cars.is_empty());
            let unit = cells().find_map(|(_, unit)| *unit);
            let around = Around {
                cars: cars.cloned().unwrap_or_default(),
                is_sure: true,
            };
            return (around, unit);
        }
        let outer = self
            .context
            .iter()
            .rev()
            .find(|(level, _)| *level < depth(block));
        let beside = self
            .context
            .iter()
            .rev()
            .find(|(level, _)| *level <= depth(block));
        let found = outer.or(beside);
        let around = Around {
            cars: found.map(|(_, cars)| cars.clone()).unwrap_or_default(),
            is_sure: outer.is_some(),
        };
        (around, None)
    }

    /// Keeps what a block named for the blocks that follow.
    fn keep(&mut self, block: &Block, mentions: Vec<Mention>) {
        if block.is_heading {
            self.context.clear();
        }
        if mentions.is_empty() {
            return;
        }
        for mention in &mentions {
            for model in &mention.models {
                if !self.known.contains(model) {
                    self.known.push(*model);
                }
            }
        }
        if block.cell.is_none() {
            let level = depth(block);
            self.context.retain(|(outer, _)| *outer < level);
            self.context.push((level, mentions.clone()));
        }
        for mention in mentions {
            if !self.named.iter().any(|other| other.is_same(&mention)) {
                self.named.push(mention);
            }
        }
    }

    /// Why a figure isn't borne out, if it isn't.
    fn fault(
        &self,
        figure: &Figure,
        sentence: &Sentence<'_>,
        around: &Around,
        block: &[Mention],
    ) -> Option<&'static str> {
        let Sentence { cars, text, .. } = sentence;
        if self.judge.is_convention(figure, text) || self.judge.is_assumed(figure) {
            return None;
        }
        let mut all: Vec<&Mention> = Vec::new();
        for mention in self.named.iter().chain(block).chain(&around.cars) {
            if !all.iter().any(|other| other.is_same(mention)) {
                all.push(mention);
            }
        }
        if cars.is_empty() {
            return self.fault_without_car(figure, sentence, around, block, &all);
        }
        if figure.is_yours && self.judge.is_said(figure) && figure.bound.is_none() {
            return None;
        }
        let subject = sentence.subject(figure);
        let every =
            sentence.has(&["both", "all", "each", "every"]) && sentence.figures_after(figure) == 1;
        let bears = |mention: &&Mention| self.judge.bears(mention, figure);
        let fine = match every {
            true => subject.iter().all(bears),
            false => subject.iter().any(bears),
        };
        let others = sentence.others(figure);
        let in_sentence: Vec<&Mention> = cars.iter().map(|(mention, _)| *mention).collect();
        let fine = fine
            || others.iter().any(bears)
            || self.judge.combines(&in_sentence, figure)
            || in_sentence.len() < 2 && self.judge.combines(&all, figure)
            || figure.is_yours
                && self.judge.is_said(figure)
                && !subject
                    .iter()
                    .any(|mention| self.judge.knows(mention, figure));
        (!fine).then_some(NOT_THIS_CAR)
    }

    /// A figure in a sentence that names no car.
    fn fault_without_car(
        &self,
        figure: &Figure,
        sentence: &Sentence<'_>,
        around: &Around,
        block: &[Mention],
        all: &[&Mention],
    ) -> Option<&'static str> {
        // A question and what would be claim nothing.
        if sentence.is_question
            || sentence.has(&["if", "would", "could", "stretch", "raise"]) && !sentence.points
        {
            return None;
        }
        let earlier: Vec<&Mention> = match sentence.earlier.is_empty() {
            true => around.cars.iter().collect(),
            false => sentence.earlier.clone(),
        };
        let own = self.judge.is_said(figure);
        let free = !sentence.points || figure.is_yours;
        if own
            && (figure.is_yours || figure.bound.is_some() && free || earlier.is_empty())
            && !(sentence.points && !figure.is_yours)
        {
            return None;
        }
        let plural = sentence.has(&["both", "all", "each", "every", "they", "these"]);
        let bears = |mention: &&Mention| self.judge.bears(mention, figure);
        let set: Vec<&Mention> = match plural {
            true if block.len() > 1 => block.iter().collect(),
            true => all.to_vec(),
            false => earlier,
        };
        let fine = match plural && !sentence.names_number && !set.is_empty() {
            true => set.iter().all(bears),
            false => set.iter().any(bears),
        };
        let strict = (sentence.points || around.is_sure) && !set.is_empty();
        let fine = fine
            || self.judge.combines(all, figure)
            || !strict && (self.judge.looked_up(figure) || all.iter().any(bears));
        match (fine, set.is_empty()) {
            (true, _) => None,
            (false, true) => Some(NOT_LOOKED_UP),
            (false, false) => Some(NOT_THIS_CAR),
        }
    }
}

/// How deep a block hangs below what names its car: headings first, then paragraphs, then lists.
fn depth(block: &Block) -> usize {
    match block.is_heading {
        true => 0,
        false => block.level + 1,
    }
}

/// The cars that a block speaks of without naming them.
struct Around {
    cars: Vec<Mention>,
    /// It hangs on a list item, a heading or a cell that names them.
    is_sure: bool,
}

/// One sentence around a figure.
struct Sentence<'b> {
    tokens: &'b [Token],
    /// The cars that it names, with whether they are in one list with the car before.
    cars: Vec<(&'b Mention, bool)>,
    /// The cars of the nearest sentence before it in the block that names some.
    earlier: Vec<&'b Mention>,
    text: String,
    is_question: bool,
    /// "It", "this one": it goes on about the car before.
    points: bool,
    /// "All three": it counts what it speaks of.
    names_number: bool,
}

impl<'b> Sentence<'b> {
    fn of(block: &Block, tokens: &'b [Token], mentions: &'b [Mention], figure: &Figure) -> Self {
        let number = tokens[figure.at].sentence;
        let of = |mention: &&Mention| tokens[mention.from].sentence == number;
        let mut cars: Vec<(&Mention, bool)> = Vec::new();
        for mention in mentions.iter().filter(of) {
            let listed = cars.last().is_some_and(|(last, _): &(&Mention, bool)| {
                let between = tokens.get(last.to..mention.from).unwrap_or_default();
                between.len() <= 3
                    && !between.is_empty()
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

    fn has(&self, words: &[&str]) -> bool {
        self.text
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| words.contains(&word))
    }

    /// The cars that a figure is said of by its place: those before it, or the first after it.
    fn subject(&self, figure: &Figure) -> Vec<&'b Mention> {
        let last = self
            .cars
            .iter()
            .rposition(|(mention, _)| mention.to <= figure.at);
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
    fn others(&self, figure: &Figure) -> Vec<&'b Mention> {
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
        let set = ["than", "instead", "rather", "versus", "vs", "compared"];
        if self.cars.len() > 1
            && self
                .text
                .split(' ')
                .any(|word| set.contains(&word.trim_matches('.')))
            && self.follows_all(figure)
        {
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

    /// Whether all cars of the sentence stand before the figure.
    fn follows_all(&self, figure: &Figure) -> bool {
        self.cars.iter().all(|(mention, _)| mention.to <= figure.at)
    }

    /// How many numbers stand between the last car before a figure and the end, at most.
    fn figures_after(&self, figure: &Figure) -> usize {
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
