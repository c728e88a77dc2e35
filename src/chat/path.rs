//! The branches of a conversation: the one path that is shown and that advisors read, and what lies beside it.

use std::collections::HashMap;

pub use crate::db::messages::to_head;

use crate::db::messages::Message;

/// Who answers whom in one conversation.
#[derive(Clone, Debug, Default)]
pub struct Branches {
    /// Ids by the message that they answer, oldest first; under no name those that begin the conversation.
    answers: HashMap<String, Vec<String>>,
}

impl Branches {
    /// From each message's id and the one that it answers, oldest first.
    pub fn of(links: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        let mut answers: HashMap<String, Vec<String>> = HashMap::new();
        for (id, parent_id) in links {
            answers
                .entry(parent_id.unwrap_or_default())
                .or_default()
                .push(id);
        }
        Self { answers }
    }

    /// The ids of the messages that answer the same one, oldest first, itself among them.
    pub fn siblings(&self, message: &Message) -> &[String] {
        let parent = message.parent_id.as_deref().unwrap_or_default();
        self.answers.get(parent).map_or(&[], Vec::as_slice)
    }

    /// The end of the newest branch beneath that message: itself where nothing answers it.
    pub fn newest_leaf(mut self, id: &str) -> String {
        let mut newest = None;
        let mut open = vec![id.to_owned()];
        while let Some(id) = open.pop() {
            // Taken out as they are found, so that even a circle would end.
            match self.answers.remove(&id) {
                Some(answers) => open.extend(answers),
                None => newest = newest.max(Some(id)),
            }
        }
        newest.unwrap_or_else(|| id.to_owned())
    }
}

/// Where a message stands among its siblings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The oldest: a name that all of them share.
    pub first: String,
    /// Counted from 1.
    pub number: usize,
    pub count: usize,
    pub earlier: Option<String>,
    pub later: Option<String>,
}

impl Versions {
    /// None for a message that has no siblings.
    pub fn of(id: &str, siblings: &[String]) -> Option<Self> {
        let at = siblings.iter().position(|sibling| sibling == id)?;
        let first = siblings.first().filter(|_| siblings.len() > 1)?;
        Some(Self {
            first: first.clone(),
            number: at + 1,
            count: siblings.len(),
            earlier: at.checked_sub(1).map(|at| siblings[at].clone()),
            later: siblings.get(at + 1).cloned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branches(links: &[(&str, &str)]) -> Branches {
        let link = |(id, parent): &(&str, &str)| {
            let parent = (!parent.is_empty()).then(|| (*parent).to_owned());
            ((*id).to_owned(), parent)
        };
        Branches::of(links.iter().map(link))
    }

    #[test]
    fn the_newest_leaf_is_the_end_of_the_branch_that_was_written_to_last() {
        // 1─2─3─4 with 5 beside 2, 6─7 beneath it, and 8 beside 4.
        let all = [
            ("1", ""),
            ("2", "1"),
            ("3", "2"),
            ("4", "3"),
            ("5", "1"),
            ("6", "5"),
            ("7", "6"),
            ("8", "3"),
        ];
        let leaf = |id| branches(&all).newest_leaf(id);
        assert_eq!((leaf("1"), leaf("2")), ("8".to_owned(), "8".to_owned()));
        assert_eq!((leaf("5"), leaf("4")), ("7".to_owned(), "4".to_owned()));
        // What can't be still ends.
        assert_eq!(branches(&[("1", "2"), ("2", "1")]).newest_leaf("1"), "1");
    }

    #[test]
    fn a_message_knows_its_neighbours_and_one_alone_has_none() {
        let siblings = ["1", "2", "3"].map(str::to_owned);
        let middle = Versions::of("2", &siblings).unwrap();
        assert_eq!((middle.number, middle.count), (2, 3));
        assert_eq!(
            (middle.earlier.as_deref(), middle.later.as_deref()),
            (Some("1"), Some("3"))
        );
        let last = Versions::of("3", &siblings).unwrap();
        assert_eq!((last.first.as_str(), last.later), ("1", None));
        assert_eq!(Versions::of("1", &siblings[..1]), None);
        assert_eq!(Versions::of("9", &siblings), None);
    }
}
