//! An answer taken apart again, for pages that show its cars themselves.

/// Before the numbered list of cars there is a blank line.
const LIST: &str = "\n\n1. **";

/// The parts of an answer around its list of cars.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// What was understood, and what was found.
    pub lead: &'a str,
    /// What is told of the list as a whole: what was left out, and what its figures mean.
    pub about: &'a str,
    /// What it asks at its end; or empty.
    pub question: &'a str,
}

/// None where there is no list, or not yet.
pub fn apart(text: &str) -> Option<Parts<'_>> {
    let (lead, list) = text.split_once(LIST)?;
    let after = list.split_once("\n\n").map_or("", |(_, after)| after);
    let last = after.rfind("\n\n").map_or(0, |at| at + 2);
    let (about, question) = match after.ends_with('?') {
        true => after.split_at(last),
        false => (after, ""),
    };
    Some(Parts {
        lead,
        about: about.trim_end(),
        question,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_apart_around_its_list() {
        let text = "You asked for: SUV.\n\n2 models fit:\n\n1. **A**: 40 mpg.\n2. **B**: 30 mpg.\n\nLeft out: 3.\n\nPrices are old.\n\nHow many seats?";
        let parts = Parts {
            lead: "You asked for: SUV.\n\n2 models fit:",
            about: "Left out: 3.\n\nPrices are old.",
            question: "How many seats?",
        };
        assert_eq!(apart(text), Some(parts));
        let bare = apart("1 model fits:\n\n1. **A**: 40 mpg.").unwrap();
        assert_eq!((bare.about, bare.question), ("", ""));
        let asked = apart("1 model fits:\n\n1. **A**: 40 mpg.\n\nWhich?").unwrap();
        assert_eq!((asked.about, asked.question), ("", "Which?"));
        assert_eq!(apart("Hello. What do you need?"), None);
    }
}
