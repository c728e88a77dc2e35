//! Which car a figure is said of: goes through a reply block by block and keeps what was named.

use std::collections::HashMap;
use std::ops::Range;

use super::evidence::Evidence;
use super::figures::{self, Figure};
use super::judge::Judge;
use super::lex::{self, Token};
use super::mention::{self, Mention};
use super::names::Names;
use super::plain::Block;
use super::sentence::Sentence;
use super::unit::{self, Unit};
use super::{NO_CAR, NO_CAR_OF_YEAR, NOT_LOOKED_UP, NOT_THIS_CAR};
use crate::cars::Catalogue;

/// The cars that a cell names, and the unit that it gives its row or column.
type Cell = (Vec<Mention>, Option<Unit>);

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
    cells: HashMap<(usize, usize, usize), Cell>,
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
        let missing = mentions.iter().filter(|mention| mention.rows.is_empty());
        for mention in missing.filter(|mention| !mention.is_denied(&tokens)) {
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
        let Sentence { cars, .. } = sentence;
        if self.judge.is_convention(figure, sentence) || self.judge.is_assumed(figure, sentence) {
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
        // One figure after several cars is said of each of them.
        let every = (subject.len() > 1 || sentence.has(&["both", "all", "each", "every"]))
            && sentence.figures_after(figure) == 1;
        let bears = |mention: &&Mention| self.judge.bears(mention, figure);
        let fine = match every {
            true => subject.iter().all(bears),
            false => subject.iter().any(bears),
        };
        let mut others = sentence.others(figure);
        others.retain(|other| !(every && subject.iter().any(|car| car.is_same(other))));
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
        if sentence.is_about_wishes(figure) {
            return None;
        }
        let earlier: Vec<&Mention> = match sentence.earlier.is_empty() {
            true => around.cars.iter().collect(),
            false => sentence.earlier.clone(),
        };
        let own = self.judge.is_said(figure);
        let free = !sentence.points || figure.is_yours;
        if own && free && (figure.is_yours || figure.bound.is_some() || earlier.is_empty()) {
            return None;
        }
        // "You need at least 5 seats" says nothing of a car.
        if figure.is_yours && figure.unit == Unit::Seats && figure.bound.is_some() {
            return None;
        }
        let none = sentence.has(&["none", "neither", "nothing"]);
        let plural = none || sentence.has(&["both", "all", "each", "every", "they", "these"]);
        // "As far as prices are known"
        let known = none && sentence.has(&["known", "know"]);
        let bears = |mention: &&Mention| {
            self.judge.bears(mention, figure) || known && !self.judge.knows(mention, figure)
        };
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
