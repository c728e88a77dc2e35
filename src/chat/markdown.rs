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

/// Renders Markdown as HTML that is safe to show: also in the middle of a stream.
pub fn to_html(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut inside_image = 0u32;
    let events = Parser::new_ext(markdown, options).filter_map(|event| match event {
        // A page has one h1 and its h2s; what a reply calls a heading comes below them.
        Event::Start(Tag::Heading { level, .. }) => Some(Event::Start(Tag::Heading {
            level: lower(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        })),
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(lower(level)))),
        // An image keeps its words and loses its address.
        Event::Start(Tag::Image { .. }) => {
            inside_image += 1;
            None
        }
        Event::End(TagEnd::Image) => {
            inside_image = inside_image.saturating_sub(1);
            None
        }
        // HTML is shown as the text that it is.
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        other => Some(other),
    });
    let mut rendered = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut rendered, events);
    CLEANER.clean(&rendered).to_string()
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
