//! What a reader sees of a Markdown text, block by block, with the place of every byte in the text as it is stored.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A paragraph, a heading, the words of a list item or a cell of a table.
#[derive(Debug)]
pub struct Block {
    /// Emphasis, links and entities resolved; digits and spaces of other scripts and widths made plain.
    pub text: String,
    /// For each byte of `text`, where it comes from in the stored text.
    from: Vec<Range<usize>>,
    pub is_heading: bool,
    /// How many lists it stands in.
    pub level: usize,
    /// Table, row (0 is the head) and column.
    pub cell: Option<(usize, usize, usize)>,
}

impl Block {
    /// Where a piece of the block's text stands in the stored text.
    pub fn source(&self, piece: Range<usize>) -> Range<usize> {
        match (self.from.get(piece.start), self.from.get(piece.end - 1)) {
            (Some(first), Some(last)) => first.start..last.end.max(first.end),
            _ => 0..0,
        }
    }
}

/// How replies are read, here and where they are shown.
pub const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);

/// Where the text of an event begins in the source, unless it is written otherwise there, as entities are.
pub fn place(source: &str, range: &Range<usize>, text: &str) -> Option<usize> {
    let inside = source.get(range.clone())?;
    let at = if inside.len() == text.len() {
        Some(0)
    } else {
        inside.find(text)
    };
    at.map(|at| range.start + at)
}

/// The blocks in their order.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    for (event, range) in Parser::new_ext(markdown, OPTIONS).into_offset_iter() {
        match event {
            Event::Start(tag) => reader.start(&tag),
            Event::End(tag) => reader.end(&tag),
            Event::Text(text)
            | Event::Code(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => reader.text(&text, markdown, range),
            Event::SoftBreak => reader.push(" ", range),
            Event::HardBreak => reader.push("\n", range),
            Event::Rule => reader.flush(),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }
    reader.flush();
    reader.blocks
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    text: String,
    from: Vec<Range<usize>>,
    is_heading: bool,
    level: usize,
    tables: usize,
    cell: Option<(usize, usize, usize)>,
}

impl Reader {
    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Link { .. }
            | Tag::Image { .. } => return,
            _ => self.flush(),
        }
        match tag {
            Tag::Heading { .. } => self.is_heading = true,
            Tag::Item => self.level += 1,
            Tag::Table(_) => {
                self.tables += 1;
                self.cell = Some((self.tables, 0, 0));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: &TagEnd) {
        match tag {
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Link
            | TagEnd::Image => return,
            _ => self.flush(),
        }
        match (tag, &mut self.cell) {
            (TagEnd::Heading(_), _) => self.is_heading = false,
            (TagEnd::Item, _) => self.level = self.level.saturating_sub(1),
            (TagEnd::TableCell, Some((.., column))) => *column += 1,
            (TagEnd::TableHead | TagEnd::TableRow, Some((_, row, column))) => {
                (*row, *column) = (*row + 1, 0);
            }
            (TagEnd::Table, _) => self.cell = None,
            _ => {}
        }
    }

    /// The text of one event, character by character, each with its place.
    fn text(&mut self, text: &str, source: &str, range: Range<usize>) {
        let exact = place(source, &range, text);
        for (at, letter) in text.char_indices() {
            let from = match exact {
                Some(start) => start + at..start + at + letter.len_utf8(),
                None => range.clone(),
            };
            let mut buffer = [0; 4];
            // What can't be seen must not stand between the digits of a figure either.
            if let Some(letter) = plainly(letter) {
                self.push(letter.encode_utf8(&mut buffer), from);
            }
        }
    }

    fn push(&mut self, text: &str, from: Range<usize>) {
        self.text.push_str(text);
        self.from.extend(std::iter::repeat_n(from, text.len()));
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        let from = std::mem::take(&mut self.from);
        if !text.trim().is_empty() {
            self.blocks.push(Block {
                text,
                from,
                is_heading: self.is_heading,
                level: self.level,
                cell: self.cell,
            });
        }
    }
}

/// The plain form of a character that looks like another; `None` for one that can't be seen.
fn plainly(letter: char) -> Option<char> {
    // The zeros of other scripts' digits, each followed by its nine.
    const ZEROS: [char; 8] = ['０', '٠', '۰', '०', '𝟎', '𝟘', '𝟢', '𝟬'];
    let digit = |zero: &char| u32::from(letter).wrapping_sub(u32::from(*zero));
    if let Some(digit) = ZEROS.iter().map(digit).find(|digit| *digit < 10) {
        return char::from_digit(digit, 10);
    }
    match letter {
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{fe0e}'..='\u{fe0f}'
        | '\u{feff}' => None,
        '＄' | '﹩' => Some('$'),
        '，' => Some(','),
        '．' => Some('.'),
        '％' => Some('%'),
        '\u{2010}' | '\u{2011}' | '\u{2212}' => Some('-'),
        '’' => Some('\''),
        c if c != '\n' && c.is_whitespace() => Some(' '),
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_can_be_found_again_in_what_is_stored() {
        let source = "## The *RAV4*\n\n- it costs \\$3**5,00**0 or &#36;4\u{200b}0k\n- `35 mpg`\n\n| A | B |\n|---|---|\n| x | 4 mpg |";
        let blocks = blocks(source);
        let texts: Vec<&str> = blocks.iter().map(|block| block.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "The RAV4",
                "it costs $35,000 or $40k",
                "35 mpg",
                "A",
                "B",
                "x",
                "4 mpg"
            ]
        );
        let found = |block: usize, piece: &str| {
            let at = texts[block].find(piece).unwrap();
            &source[blocks[block].source(at..at + piece.len())]
        };
        assert_eq!(found(0, "RAV4"), "RAV4");
        assert_eq!(found(1, "$35,000"), "$3**5,00**0");
        assert_eq!(found(1, "$40k"), "&#36;4\u{200b}0k");
        assert_eq!(found(2, "35 mpg"), "35 mpg");
        assert_eq!((blocks[1].level, blocks[0].is_heading), (1, true));
        assert_eq!(blocks[6].cell, Some((1, 1, 1)));
    }
}
