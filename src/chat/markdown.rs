//! Markdown to HTML. The text comes from people and models, so what comes out is sanitised.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

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
        ]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("ol", HashSet::from(["start"])),
        ]))
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
    let end = markdown.floor_char_boundary(LONGEST);
    let (markdown, rest) = markdown.split_at(end);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    // Whether each open element is kept: its end shares its beginning's fate.
    let mut open: Vec<bool> = Vec::new();
    let mut depth = 0;
    let events = Parser::new_ext(markdown, options).filter_map(|event| match event {
        Event::Start(tag) => {
            // An image keeps its words and loses its address.
            let kept = depth < DEEPEST && !matches!(tag, Tag::Image { .. });
            open.push(kept);
            depth += usize::from(kept);
            kept.then(|| Event::Start(lower_heading(tag)))
        }
        Event::End(tag) => {
            let kept = open.pop().unwrap_or(false);
            depth -= usize::from(kept);
            kept.then(|| {
                Event::End(match tag {
                    TagEnd::Heading(level) => TagEnd::Heading(lower(level)),
                    other => other,
                })
            })
        }
        // HTML is shown as the text that it is.
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        other => Some(other),
    });
    let mut rendered = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut rendered, events);
    let mut clean = CLEANER.clean(&rendered).to_string();
    if !rest.is_empty() {
        clean.push_str(&format!("<p>{}</p>", ammonia::clean_text(rest)));
    }
    clean
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
    use super::to_html;

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
