//! Judges a piece of a page as a browser's parser sees it: nothing in it may run, load or lead where it shouldn't.

use scraper::{ElementRef, Html};

/// What may stand in a reply's text.
const PROSE: [&str; 23] = [
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
];
/// What our own pages never have.
const NEVER: [&str; 27] = [
    "iframe",
    "object",
    "embed",
    "base",
    "style",
    "img",
    "image",
    "video",
    "audio",
    "source",
    "track",
    "picture",
    "math",
    "foreignobject",
    "animate",
    "set",
    "use",
    "applet",
    "marquee",
    "frame",
    "frameset",
    "portal",
    "plaintext",
    "xmp",
    "listing",
    "mglyph",
    "keygen",
];
/// Attributes that hold an address.
const ADDRESSES: [&str; 10] = [
    "href",
    "src",
    "action",
    "formaction",
    "xlink:href",
    "hx-get",
    "hx-post",
    "hx-sse:connect",
    "poster",
    "data",
];

/// What is wrong with a page.
pub fn page(html: &str) -> Option<String> {
    judge(&Html::parse_document(html))
}

/// What is wrong with a piece that htmx swaps in.
pub fn fragment(html: &str) -> Option<String> {
    judge(&Html::parse_fragment(html))
}

fn judge(document: &Html) -> Option<String> {
    let mut elements = document
        .root_element()
        .descendants()
        .filter_map(ElementRef::wrap);
    elements.find_map(|element| {
        let wrong = match element
            .ancestors()
            .filter_map(ElementRef::wrap)
            .find_map(hostile)
        {
            Some("prose") => in_prose(element),
            Some(_) => Some("an element in plain text".into()),
            None => elsewhere(element),
        };
        wrong.map(|wrong| format!("{wrong}: {}", element.html()))
    })
}

/// Where text of people and models stands.
fn hostile(element: ElementRef<'_>) -> Option<&'static str> {
    let mut classes = element.value().classes();
    classes.find_map(|class| match class {
        "prose" => Some("prose"),
        "words" => Some("words"),
        _ => None,
    })
}

fn in_prose(element: ElementRef<'_>) -> Option<String> {
    let name = element.value().name();
    if name != "mark" && !PROSE.contains(&name) {
        return Some(format!("<{name}> in a text"));
    }
    element.value().attrs().find_map(|(attribute, value)| {
        let fine = match (name, attribute) {
            ("a", "href") => ["http://", "https://", "mailto:"]
                .iter()
                .any(|scheme| value.to_lowercase().starts_with(scheme)),
            ("a", "rel") => value == "nofollow noopener noreferrer",
            ("ol", "start") => value.parse::<u64>().is_ok(),
            ("mark", "class") => value == "unverified",
            ("mark", "title") => true,
            _ => false,
        };
        (!fine).then(|| format!("{attribute}={value:?} in a text"))
    })
}

fn elsewhere(element: ElementRef<'_>) -> Option<String> {
    let name = element.value().name().to_lowercase();
    if NEVER.contains(&name.as_str()) {
        return Some(format!("<{name}>"));
    }
    let attribute = |name: &str| element.value().attr(name).unwrap_or_default();
    if name == "script"
        && !(attribute("src").starts_with("/static/") && element.text().next().is_none())
    {
        return Some("a script".into());
    }
    if name == "link" && !attribute("href").starts_with('/') {
        return Some("a link to elsewhere".into());
    }
    if name == "meta" && !attribute("http-equiv").is_empty() {
        return Some("a meta that acts".into());
    }
    element.value().attrs().find_map(|(attribute, value)| {
        let acts = attribute.starts_with("on")
            || attribute.starts_with("hx-on")
            || attribute.starts_with("data-hx")
            || [
                "style",
                "srcdoc",
                "srcset",
                "background",
                "ping",
                "http-equiv",
            ]
            .contains(&attribute);
        let leads = ADDRESSES.contains(&attribute) && !is_ours(value);
        (acts || leads).then(|| format!("{attribute}={value:?}"))
    })
}

/// An address of this site: a path, a place on the page, or a query.
fn is_ours(address: &str) -> bool {
    // The sources of figures are named where they can be read.
    let is_source = address.starts_with("https://www.fueleconomy.gov/");
    is_source
        || address.is_empty()
        || address.starts_with(['#', '?'])
        || (address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\"))
}
