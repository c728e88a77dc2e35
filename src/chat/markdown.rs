//! Markdown to HTML. The text comes from people and models, so what comes out is sanitised.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd, html};

use crate::advisor::audit::{self, Unverified};
use crate::cars::units;

/// What may stay: text, lists, tables and links; no images, no scripts, no styles, no ids.
static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(HashSet::from([
            "p",
            "br",
            "hr",
            "strong",
            "em",
            "del",
            "code",
            "pre",
            "blockquote",
            "ul",
            "ol",
            "li",
            "h3",
            "h4",
            "h5",
            "h6",
            "a",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "mark",
            "span",
        ]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("ol", HashSet::from(["start"])),
            ("mark", HashSet::from(["class", "title"])),
            ("span", HashSet::from(["class"])),
        ]))
        // Else a link could have a title of its own.
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("nofollow noopener noreferrer"));
    builder
});

/// How deep quotes, lists and emphasis may nest. Deeper levels are shown on this one: the time that
/// parsers of HTML take grows with the square of the depth.
const DEEPEST: usize = 8;
/// How much is rendered, in bytes; what comes after it is shown as plain text.
const LONGEST: usize = 16 * 1024;

/// Renders Markdown as HTML that is safe to show: also in the middle of a stream.
pub fn to_html(markdown: &str) -> String {
    to_html_with_marks(markdown, &[])
}

/// The same for what the built-in advisor says: its mileages and distances stand there in both units.
pub fn to_html_in_both_units(markdown: &str) -> String {
    render(markdown, &[], true)
}

/// The same, with the pieces marked that nothing bears out; they stand in order and don't overlap.
///
/// Marks are put around text alone, so that they nest with whatever stands around it, and before the sanitiser, which has
/// the last word. The text itself can't make any: its HTML is shown as text.
pub fn to_html_with_marks(markdown: &str, unverified: &[Unverified]) -> String {
    render(markdown, unverified, false)
}

fn render(markdown: &str, unverified: &[Unverified], in_both_units: bool) -> String {
    let end = markdown.floor_char_boundary(LONGEST);
    let (shown, rest) = markdown.split_at(end);
    // Whether each open element is kept: its end shares its beginning's fate.
    let mut open: Vec<bool> = Vec::new();
    let mut depth = 0;
    let events = Parser::new_ext(shown, audit::OPTIONS).into_offset_iter();
    let events = events.flat_map(|(event, range)| match event {
        Event::Start(tag) => {
            // An image keeps its words and loses its address.
            let kept = depth < DEEPEST && !matches!(tag, Tag::Image { .. });
            open.push(kept);
            depth += usize::from(kept);
            Vec::from_iter(kept.then(|| Event::Start(lower_heading(tag))))
        }
        Event::End(tag) => {
            let kept = open.pop().unwrap_or(false);
            depth -= usize::from(kept);
            Vec::from_iter(kept.then(|| {
                Event::End(match tag {
                    TagEnd::Heading(level) => TagEnd::Heading(lower(level)),
                    other => other,
                })
            }))
        }
        Event::Text(text) if in_both_units => both_units(&text),
        // HTML is shown as the text that it is.
        Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
            pieces(shown, &range, text, unverified, false)
        }
        Event::Code(text) => pieces(shown, &range, text, unverified, true),
        other => vec![other],
    });
    let mut rendered = String::with_capacity(shown.len() * 2);
    html::push_html(&mut rendered, events);
    let mut clean = CLEANER.clean(&rendered).to_string();
    if !rest.is_empty() {
        let range = end..markdown.len();
        let mut rendered = String::new();
        let events = pieces(markdown, &range, CowStr::Borrowed(rest), unverified, false);
        html::push_html(&mut rendered, events.into_iter());
        clean.push_str(&format!("<p>{}</p>", CLEANER.clean(&rendered)));
    }
    clean
}

/// The words of a Markdown text without its marks, for where there is room for a line or two.
pub fn to_text(markdown: &str) -> String {
    let mut words = String::with_capacity(markdown.len());
    for event in Parser::new_ext(markdown, audit::OPTIONS) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                words.push_str(&text)
            }
            Event::SoftBreak | Event::HardBreak => words.push(' '),
            Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link) => {}
            Event::End(_) => words.push(' '),
            _ => {}
        }
    }
    words
}

/// A piece of text as events, with marks around what of it is unverified.
fn pieces<'a>(
    source: &str,
    range: &Range<usize>,
    text: CowStr<'a>,
    unverified: &[Unverified],
    is_code: bool,
) -> Vec<Event<'a>> {
    let touches = |piece: &&Unverified| piece.start < range.end && piece.end > range.start;
    let marks: Vec<&Unverified> = unverified.iter().filter(touches).collect();
    if marks.is_empty() {
        return vec![if is_code {
            Event::Code(text)
        } else {
            Event::Text(text)
        }];
    }
    let tag = |tag: &str| Event::InlineHtml(CowStr::from(tag.to_owned()));
    let mut events = Vec::from_iter(is_code.then(|| tag("<code>")));
    let place = audit::place(source, range, &text);
    let mut done = 0;
    for mark in marks {
        // What is written otherwise in the source, as an entity is, is marked whole.
        let inside = place.map_or(0..text.len(), |place| {
            mark.start.saturating_sub(place)..mark.end.saturating_sub(place)
        });
        let start = text
            .floor_char_boundary(inside.start.min(text.len()))
            .max(done);
        let end = text.ceil_char_boundary(inside.end.min(text.len()));
        if start >= end {
            continue;
        }
        let title = ammonia::clean_text(&mark.reason);
        events.push(Event::Text(CowStr::from(text[done..start].to_owned())));
        events.push(tag(&format!(
            "<mark class=\"unverified\" title=\"{title}\">"
        )));
        events.push(Event::Text(CowStr::from(text[start..end].to_owned())));
        events.push(tag("</mark>"));
        done = end;
    }
    events.push(Event::Text(CowStr::from(text[done..].to_owned())));
    events.extend(is_code.then(|| tag("</code>")));
    events
}

/// A text as events, its figures in both units; the style sheet shows one of them.
fn both_units(text: &str) -> Vec<Event<'static>> {
    let tag = |tag: &'static str| Event::InlineHtml(CowStr::Borrowed(tag));
    let said = |text: &str| Event::Text(CowStr::from(text.to_owned()));
    let part = |part: units::text::Part<'_>| match part.metric {
        None => vec![said(part.text)],
        Some(metric) => vec![
            tag("<span class=\"us\">"),
            said(part.text),
            tag("</span>"),
            // Read only where the style sheet didn't arrive.
            tag("<span class=\"or\"> or </span>"),
            tag("<span class=\"metric\">"),
            said(&metric),
            tag("</span>"),
        ],
    };
    units::text::parts(text)
        .into_iter()
        .flat_map(part)
        .collect()
}

/// A page has one h1 and its h2s; what a reply calls a heading comes below them.
fn lower_heading(tag: Tag<'_>) -> Tag<'_> {
    match tag {
        Tag::Heading { level, .. } => Tag::Heading {
            level: lower(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        },
        other => other,
    }
}

fn lower(level: pulldown_cmark::HeadingLevel) -> pulldown_cmark::HeadingLevel {
    use pulldown_cmark::HeadingLevel::{H1, H2, H3, H4, H5, H6};
    match level {
        H1 | H2 => H3,
        H3 => H4,
        H4 => H5,
        H5 | H6 => H6,
    }
}

#[cfg(test)]
mod tests {
    use super::{to_html, to_html_in_both_units, to_html_with_marks};
    use crate::advisor::audit::Unverified;

    fn marked(text: &str, piece: &str) -> String {
        let start = text.find(piece).unwrap();
        let piece = Unverified {
            start,
            end: start + piece.len(),
            text: piece.to_owned(),
            reason: "It's \"not\" <borne> out.".to_owned(),
        };
        to_html_with_marks(text, &[piece])
    }

    #[test]
    fn what_is_unverified_is_marked_wherever_it_stands() {
        let open = |html: &str| html.matches("<mark class=\"unverified\" title=\"").count();
        // The Markdown, the piece, and how many marks it takes: one for each text that it goes through.
        for (text, piece, marks) in [
            ("It costs $9,000 now.", "$9,000", 1),
            ("It costs $**9,0**00 now.", "$**9,0**00", 3),
            ("See [the $9,000 car](https://example.com).", "$9,000", 1),
            ("`$9,000`", "$9,000", 1),
            ("```\na\n$9,000\n```", "$9,000", 1),
            ("| a |\n|---|\n| $9,000 |", "$9,000", 1),
            ("# $9,000 &#36;9 <b>$9</b>", "&#36;9", 2),
            ("<b>$9,000</b>", "$9,000", 1),
        ] {
            let html = marked(text, piece);
            assert_eq!(open(&html), marks, "{text}: {html}");
            assert_eq!(html.matches("</mark>").count(), marks, "{html}");
            assert!(
                !html.contains("<borne>") && !html.contains("title=\"\""),
                "{html}"
            );
        }
        let long = "word ".repeat(5_000) + "for $9,000.";
        assert_eq!(open(&marked(&long, "$9,000")), 1, "beyond what is rendered");
        assert!(marked("It costs $9,000 now.", "$9,000").contains(">$9,000</mark> now."));
    }

    #[test]
    fn a_text_can_neither_make_a_mark_nor_break_one() {
        let hostile = "<mark class=\"unverified\" title=\"x\">sure</mark></mark> <script>alert(1)</script> $9,000\u{e000}";
        assert!(!to_html(hostile).contains("<mark"));
        let html = marked(hostile, "<script>alert(1)</script> $9,000");
        assert!(
            html.contains("<mark class=\"unverified\"") && !html.contains("<script"),
            "{html}"
        );
        assert_eq!(
            html.matches("<mark").count(),
            html.matches("</mark>").count()
        );
        // Spans that no longer fit the text do no harm.
        for (start, end) in [(0, 900), (5, 2), (1, 3)] {
            let piece = Unverified {
                start,
                end,
                text: String::new(),
                reason: String::new(),
            };
            assert!(to_html_with_marks("Zwölf ünd", &[piece]).contains("ünd"));
        }
    }

    #[test]
    fn markdown_is_rendered() {
        let html = to_html("# Two cars\n\n- **RAV4**: 40 mpg\n\n[EPA](https://fueleconomy.gov)");
        assert!(html.contains("<h3>Two cars</h3>") && html.contains("<strong>RAV4</strong>"));
        assert!(
            html.contains(r#"rel="nofollow noopener noreferrer""#),
            "{html}"
        );
    }

    #[test]
    fn our_own_figures_stand_there_in_both_units() {
        let html = to_html_in_both_units("*Ours*: 40 mpg & <b>300 miles</b>");
        assert!(
            html.contains(
                r#"<span class="us">40 mpg</span><span class="or"> or </span><span class="metric">5.9 L/100 km</span> &amp;"#
            ),
            "{html}"
        );
        assert!(
            html.contains("<em>Ours</em>") && !html.contains("<b>"),
            "{html}"
        );
        assert!(!to_html("40 mpg <span class=metric>x</span>").contains("<span"));
    }

    #[test]
    fn depth_and_length_are_bounded() {
        for nested in [
            ">", "> ", "1. ", "- ", "*a ", "**", "[", "![", "&", "<", "`",
        ] {
            let html = to_html(&nested.repeat(60_000 / nested.len()));
            for tag in ["<blockquote>", "<ol>", "<ul>", "<em>"] {
                let mut depth = 0usize;
                let mut deepest = 0;
                for part in html.split_inclusive('>') {
                    depth += usize::from(part.ends_with(tag));
                    deepest = deepest.max(depth);
                    depth -= usize::from(part.ends_with(&tag.replace('<', "</")));
                }
                assert!(
                    deepest <= super::DEEPEST,
                    "{nested}: {tag} is {deepest} deep"
                );
            }
        }
        let long = "word ".repeat(20_000);
        assert!(
            to_html(&long).matches("word").count() == 20_000,
            "nothing is lost"
        );
    }

    #[test]
    fn nothing_hostile_comes_through_at_any_byte_of_the_stream() {
        let payloads = [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "![x](https://evil.example/pixel.png)",
            "[x](javascript:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](vbscript:x) <a href='java\nscript:alert(1)'>y</a>",
            "<svg/onload=alert(1)>",
            "<style>*{display:none}</style><link rel=stylesheet href=//evil>",
            "<div hx-get=/auth/logout hx-trigger=load>x</div>",
            "<form action=//evil><input name=password></form>",
            "[x](//evil.example) <base href=//evil>",
            "```\n<script>\n```\n<hx-partial hx-target='body'>",
        ];
        for payload in payloads {
            for (end, _) in payload.char_indices().chain([(payload.len(), ' ')]) {
                let html = to_html(&payload[..end]).to_lowercase();
                for bad in [
                    "<script",
                    "<img",
                    "<svg",
                    "<style",
                    "<form",
                    "<div",
                    "<input",
                    "<link",
                    "<base",
                    "<hx-",
                    "href=\"java",
                    "href=\"data",
                    "href=\"vb",
                    "href=\"//",
                ] {
                    assert!(!html.contains(bad), "{payload} gave {html}");
                }
            }
        }
    }
}
