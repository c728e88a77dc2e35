//! Finds the cars that a block of text names, those that don't exist among them.

use super::lex::{Kind, Token};
use super::names::{self, Names};
use crate::cars::{Catalogue, Fuel, Row};

/// A car that the text names.
#[derive(Clone, Debug)]
pub struct Mention {
    /// The first token and the one after the last, the year among them.
    pub from: usize,
    pub to: usize,
    /// The models of that name, of whatever year.
    pub models: Vec<usize>,
    /// Whether the name is one of the catalogue's.
    pub is_model: bool,
    /// "The 2022 model": it is spoken of in passing, until its clause ends.
    pub is_aside: bool,
    /// The catalogue's cars of that name and year; none if there is no such car.
    pub rows: Vec<Row>,
}

impl Mention {
    /// "There is no 2025 Celica", "I couldn't find a 2025 Celica": nobody is told that there is one.
    pub fn is_denied(&self, tokens: &[Token]) -> bool {
        let sentence = tokens[self.from].sentence;
        let own = |token: &&Token| token.sentence == sentence;
        let before = tokens[..self.from].iter().rev().take_while(own);
        let before: Vec<&Token> = before
            .filter(|token| !token.is(&["a", "an", "any", "the", "such"]) && !token.is_sign('*'))
            .take(3)
            .collect();
        let is = |at: usize, words: &[&str]| before.get(at).is_some_and(|token| token.is(words));
        let none = is(0, &["no"]) && is(1, &["is", "was", "has", "have", "lists", "found", "with"]);
        let not = is(0, &["find", "have", "list", "see", "know", "is"]) && is(1, NOT)
            || is(0, &["isn't", "wasn't"]);
        // "No 2025 Celica that is cheaper" would go on about it.
        let ends = tokens.get(self.to).filter(own).is_none_or(|next| {
            next.text.is_empty()
                || next.is(&[
                    "in", "for", "on", "here", "yet", "but", "so", "and", "among",
                ])
        });
        (none || not) && ends
    }

    /// Whether it stands for the very same cars.
    pub fn is_same(&self, other: &Self) -> bool {
        let numbers = |mention: &Self| {
            let rows = &mention.rows;
            (rows.len(), rows.first().map(|row| row.facts.number))
        };
        self.models == other.models && numbers(self) == numbers(other)
    }
}

const NOT: &[&str] = &[
    "not", "cannot", "can't", "couldn't", "didn't", "don't", "doesn't", "won't",
];

/// What follows a make or a year without being a model.
#[rustfmt::skip]
const NO_MODELS: &[&str] = &[
    "suv", "suvs", "crossover", "crossovers", "sedan", "sedans", "hybrid", "hybrids", "ev", "evs", "electric", "plug", "phev", "phevs",
    "awd", "4wd", "fwd", "rwd", "dealer", "dealers", "dealership", "motor", "motors", "company", "group", "corporation", "usa", "us",
    "america", "safety", "sensing", "sense", "eyesight", "smartsense", "autopilot", "supercharger", "superchargers", "propilot",
    "bluecruise", "msrp", "msrps", "mpg", "mpge", "epa", "nhtsa", "iihs", "ncap", "vpic", "omega", "cpi", "bls", "model", "models", "lineup",
    "options", "option", "picks", "pick", "choices", "choice", "highlights", "overview", "comparison", "vs", "versus", "and", "or", "summary",
    "i", "it", "its", "the", "a", "an", "top", "best", "update", "price", "prices", "pricing", "data", "catalogue", "catalog", "warranty",
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    "cars", "car", "truck", "trucks", "pickup", "pickups", "minivan", "minivans", "wagon", "wagons", "to", "through", "tax", "federal",
    "combined", "city", "highway", "is", "are", "has", "gets", "s", "brand", "quality", "reliability", "certified", "financial", "care",
];

/// Makes whose names are words too: without a year or a model they name nothing.
const WORDLIKE: &[&str] = &[
    "smart", "mini", "karma", "lucid", "genesis", "lotus", "ram", "lincoln", "dodge", "jaguar",
    "saturn", "fisker",
];

/// Bare model names that say something else too often.
#[rustfmt::skip]
const NOT_BARE: &[&str] = &[
    "v6", "v8", "v12", "i4", "e85", "gt", "ev", "air", "electric", "convertible", "coupe", "roadster", "compact", "van", "touring", "model",
    "transit", "sport", "limited", "hybrid", "premium", "base", "select", "genesis", "mini", "smart", "karma", "range", "cargo", "express",
];

/// All the cars that these tokens name, from left to right. `known` are models that need no make to be recognised.
pub fn find(
    tokens: &[Token],
    catalogue: &Catalogue,
    names: &Names,
    known: &[usize],
) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_year = tokens[at].year().is_some();
        let mention = match named(tokens, at, names, known) {
            // "The 2022 model was listed from $33,000": the same car of another year.
            None if is_year && tokens.get(at + 1).is_some_and(|next| next.is(&["model"])) => {
                found.last().map(|last| Mention {
                    from: at,
                    to: at + 2,
                    models: last.models.clone(),
                    is_model: true,
                    is_aside: true,
                    rows: names.rows(catalogue, &names.family(&last.models), tokens[at].year()),
                })
            }
            Some(named) => Some(resolve(tokens, at, &named, catalogue, names)),
            // The name after a year is looked at first, and takes the year along.
            None if is_year && named(tokens, at + 1, names, known).is_some() => None,
            None => unknown(tokens, at, names),
        };
        at = mention
            .as_ref()
            .map_or(at + 1, |mention| mention.to.max(at + 1));
        found.extend(mention);
    }
    found
}

/// A name of the catalogue.
struct Named {
    /// How many tokens it takes.
    count: usize,
    models: Vec<usize>,
    /// Models whose name is a part of it, or begins with it, as "Prius PHEV" does with "Prius".
    wider: Vec<usize>,
}

/// The longest name that begins at a token.
fn named(tokens: &[Token], at: usize, names: &Names, known: &[usize]) -> Option<Named> {
    let first = tokens.get(at)?;
    if first.text.is_empty() {
        return None;
    }
    // A comma before a number can stand within a name: "Silverado EV 20-mod battery, 19kW".
    let is_listed = |more: usize| {
        let next = tokens.get(at + more + 1).and_then(Token::number);
        tokens[at + more].is_sign(',') && next.is_some()
    };
    let mut best: Option<Named> = None;
    let mut key = String::new();
    for (more, token) in tokens[at..].iter().enumerate().take(16) {
        let joins = matches!(
            token.kind,
            Kind::Sign('-' | '.' | '/' | '(' | ')' | '\'' | '&' | '!')
        );
        if token.sentence != first.sentence || (token.text.is_empty() && !joins && !is_listed(more))
        {
            break;
        }
        // A sign can't end a name, and a year in parentheses isn't part of one.
        if token.text.is_empty() || token.year().is_some() && more > 0 {
            continue;
        }
        key.push_str(&token.text.replace('.', ""));
        let of_make = names.make(&key).filter(|(_, rest)| !rest.is_empty());
        let (make, name) = of_make.map_or((None, key.as_str()), |(make, rest)| (Some(make), rest));
        let mut models = names.models(make, name);
        if make.is_none() {
            let clear = is_clear(tokens, at, more, &key) && !NOT_BARE.contains(&key.as_str());
            let is_known = first.capital && key.len() > 1 && first.number().is_none();
            if !(clear || is_known && models.iter().any(|model| known.contains(model))) {
                models.clear();
            }
        }
        // "CX-70X" isn't a CX-70.
        let goes_on = tokens
            .get(at + more + 1)
            .is_some_and(|next| next.glued && !next.text.is_empty() && !next.is(&["s"]));
        if !models.is_empty() && !goes_on {
            let mut wider = names.wider(make, name);
            if let Some(shorter) = best {
                wider.extend(shorter.models);
                wider.extend(shorter.wider);
            }
            best = Some(Named {
                count: more + 1,
                models,
                wider,
            });
        }
    }
    best
}

/// Whether a model's name can stand for it without its make.
fn is_clear(tokens: &[Token], at: usize, more: usize, key: &str) -> bool {
    let digits = key.chars().any(|c| c.is_ascii_digit());
    let alphabetic = key.chars().any(char::is_alphabetic);
    let starts =
        at == 0 || tokens[at - 1].sentence != tokens[at].sentence || tokens[at - 1].is_sign('*');
    let after_year = at > 0 && tokens[at - 1].year().is_some();
    let first = &tokens[at];
    match () {
        () if !alphabetic || !first.capital => false,
        () if after_year => key.len() > 1,
        () if digits => key.len() > 2 && first.number().is_none() || key.len() > 4,
        () if more > 0 => key.len() > 2,
        () => key.len() > 2 && !starts,
    }
}

/// The name with its year, what is said of its fuel, and the cars that it stands for.
fn resolve(
    tokens: &[Token],
    at: usize,
    named: &Named,
    catalogue: &Catalogue,
    names: &Names,
) -> Mention {
    let mut to = at + named.count;
    let mut year = at.checked_sub(1).and_then(|before| tokens[before].year());
    let from = at - usize::from(year.is_some());
    let fuels = fuel_after(tokens, at + 1, to);
    if year.is_none() {
        let end = fuels.map_or(to, |(_, end)| end);
        let opens = usize::from(tokens.get(end).is_some_and(|token| token.is_sign('(')));
        year = tokens.get(end + opens).and_then(Token::year);
    }
    let models = named.models.clone();
    let mut rows = names.rows(catalogue, &models, year);
    if rows.is_empty() && year.is_some() {
        rows = named_without_fuel(&tokens[at..to], &models, year, catalogue, names);
    }
    if let Some((fuels, end)) = fuels {
        let wider = names.rows(catalogue, &named.wider, year);
        let all = || rows.iter().chain(&wider);
        let of = |fuel: &&Fuel| all().any(|row| row.facts.fuel == **fuel);
        let fuel = fuels.iter().find(of);
        let of_fuel: Vec<Row> = all()
            .filter(|row| Some(&row.facts.fuel) == fuel)
            .copied()
            .collect();
        // "Honda Pilot Hybrid" is a name that no car has; "the Pilot, hybrid or not" names no hybrid.
        let is_written = tokens[to..end].first().is_some_and(|token| token.capital);
        match end > to {
            true if is_written || fuel.is_some() => (rows, to) = (of_fuel, end),
            true => {}
            false => rows.extend(of_fuel),
        }
    }
    rows.sort_unstable_by_key(|row| row.facts.number);
    rows.dedup_by_key(|row| row.facts.number);
    Mention {
        from,
        to,
        models,
        is_model: true,
        is_aside: false,
        rows,
    }
}

/// "Sienna Hybrid AWD" of a year in which the hybrid was called "Sienna AWD".
fn named_without_fuel(
    name: &[Token],
    models: &[usize],
    year: Option<u16>,
    catalogue: &Catalogue,
    names: &Names,
) -> Vec<Row> {
    let fuels = name.iter().find_map(|token| names::fuels(&[&token.text]));
    let (Some((_, fuels)), Some(last)) = (fuels, name.last()) else {
        return Vec::new();
    };
    let is_drive = last.is(&["awd", "4wd", "2wd", "fwd", "rwd"]);
    let mut rows = names.rows(catalogue, &names.family(models), year);
    rows.retain(|row| {
        let model = catalogue.entry(row).model.to_lowercase();
        fuels.contains(&row.facts.fuel) && (!is_drive || model.ends_with(&last.text))
    });
    rows
}

/// The fuel that a name ends with or that follows it, and the first token after that.
fn fuel_after(tokens: &[Token], from: usize, to: usize) -> Option<(&'static [Fuel], usize)> {
    for start in from..=to {
        let said = tokens[start..].iter().enumerate();
        let said = said.filter(|(_, token)| !token.is_sign('-')).take(3);
        let (places, words): (Vec<usize>, Vec<&str>) = said
            .map(|(place, token)| (place, token.text.as_str()))
            .unzip();
        if let Some((count, fuels)) = names::fuels(&words) {
            let end = start + places[count - 1] + 1;
            if end >= to {
                return Some((fuels, end));
            }
        }
    }
    None
}

/// A make or a year with a name after it that the catalogue doesn't have.
fn unknown(tokens: &[Token], at: usize, names: &Names) -> Option<Mention> {
    let year = tokens[at].year();
    let is_free = at == 0 || !matches!(tokens[at - 1].kind, Kind::Sign('$' | '-' | '/' | '.'));
    let mut name = at + usize::from(year.is_some());
    let mut has_make = false;
    for count in (1..=3).rev() {
        let words = tokens.iter().skip(name).take(count);
        let key: String = words.map(|token| token.text.as_str()).collect();
        let capital = tokens.get(name).is_some_and(|token| token.capital);
        let sure = year.is_some() || !WORDLIKE.contains(&key.as_str());
        if capital && sure && names.is_make(&key) {
            name += count;
            has_make = true;
            break;
        }
    }
    if !(has_make || year.is_some() && is_free) {
        return None;
    }
    let is_name = |token: &Token| token.kind == Kind::Word && token.capital && !token.is(NO_MODELS);
    let first = tokens.get(name).filter(|token| is_name(token))?;
    // A make after a make is a list without commas.
    if names.is_make(&first.text) || first.sentence != tokens[at].sentence {
        return None;
    }
    let mut to = name + 1;
    let goes_on = |to: usize| {
        let token = tokens
            .get(to)
            .filter(|token| token.sentence == first.sentence)?;
        let glued = |at: usize| {
            tokens
                .get(at)
                .is_some_and(|next| next.glued && !next.text.is_empty())
        };
        match token.kind {
            Kind::Sign('-') => glued(to + 1).then_some(to + 2),
            _ => (glued(to) || is_name(token)).then_some(to + 1),
        }
    };
    while let Some(next) = goes_on(to).filter(|next| *next <= name + 6) {
        to = next;
    }
    Some(Mention {
        from: at,
        to,
        models: Vec::new(),
        is_model: false,
        is_aside: false,
        rows: Vec::new(),
    })
}
