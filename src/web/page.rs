//! Long lists in parts: `?cursor=&limit=` on the way in, `next` on the way out.

use std::ops::Range;

use serde::Deserialize;
use utoipa::IntoParams;

use super::input::parse_id;
use crate::error::Error;

/// Which part of a list is wanted. Who names neither gets all of it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Where to go on: `next` of the answer before.
    cursor: Option<String>,
    /// How many are wanted at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// The most that can be asked for at once.
pub const MOST: usize = 100;

/// Reads a limit.
///
/// # Errors
/// [`Error::Invalid`] when it is no number from 1 to [`MOST`].
pub fn read_limit(limit: Option<&str>) -> Result<Option<usize>, Error> {
    let Some(text) = limit else {
        return Ok(None);
    };
    // "+5" is a number to Rust.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok();
    let number = number.filter(|number| plain && (1..=MOST).contains(number));
    let wrong = || Error::field("limit", format!("limit must be 1 to {MOST}."));
    number.map(Some).ok_or_else(wrong)
}

/// What is said of a cursor that isn't one of ours.
pub fn wrong_cursor() -> Error {
    Error::field("cursor", "Give the cursor as `next` had it.")
}

/// Reads a cursor that is an id.
///
/// # Errors
/// [`Error::Invalid`] when it is none.
pub fn read_id(cursor: Option<&str>) -> Result<Option<String>, Error> {
    cursor.map(parse_id).transpose().map_err(|_| wrong_cursor())
}

/// Of a list that was read with one item more than is wanted: takes that one off, and says where the rest goes on.
pub fn take_off<T>(
    items: &mut Vec<T>,
    limit: usize,
    key: impl FnOnce(&T) -> String,
) -> Option<String> {
    let has_more = items.len() > limit;
    items.truncate(limit);
    items.last().filter(|_| has_more).map(key)
}

impl Paging {
    pub fn new(cursor: Option<String>, limit: Option<String>) -> Self {
        Self { cursor, limit }
    }

    /// Whether a part is asked for at all.
    pub fn is_set(&self) -> bool {
        self.cursor.is_some() || self.limit.is_some()
    }

    /// The wanted part of a list whose keys fall from item to item, and the cursor of the rest. `is_key` knows what keys
    /// look like.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the cursor was never a key, and as for [`read_limit`].
    pub fn cut<T>(
        &self,
        items: Vec<T>,
        key: impl Fn(&T) -> String,
        is_key: impl FnOnce(&str) -> bool,
    ) -> Result<(Vec<T>, Option<String>), Error> {
        let limit = read_limit(self.limit.as_deref())?.unwrap_or(usize::MAX);
        let after = self.cursor.as_deref().filter(|cursor| !cursor.is_empty());
        if after.is_some_and(|after| !is_key(after)) {
            return Err(wrong_cursor());
        }
        // By its key, so that the rest is found also when the item itself is gone.
        let mut rest = items
            .into_iter()
            .filter(|item| after.is_none_or(|after| key(item).as_str() < after));
        let part: Vec<T> = rest.by_ref().take(limit).collect();
        let next = part.last().filter(|_| rest.next().is_some()).map(&key);
        Ok((part, next))
    }

    /// Which part of a list is wanted in which every item has a name of its own, and the cursor of the rest.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the cursor names none of them, and as for [`read_limit`].
    pub fn slice<T>(
        &self,
        items: &[T],
        name: impl Fn(&T) -> &str,
    ) -> Result<(Range<usize>, Option<String>), Error> {
        let limit = read_limit(self.limit.as_deref())?.unwrap_or(usize::MAX);
        let from = match self.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
            Some(cursor) => {
                let last = items.iter().position(|item| name(item) == cursor);
                last.ok_or_else(wrong_cursor)? + 1
            }
            None => 0,
        };
        let to = from.saturating_add(limit).min(items.len());
        let last = items[from..to].last().filter(|_| to < items.len());
        Ok((from..to, last.map(|last| name(last).to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paging(cursor: Option<&str>, limit: &str) -> Paging {
        Paging {
            cursor: cursor.map(str::to_owned),
            limit: Some(limit.to_owned()),
        }
    }

    fn is_number(key: &str) -> bool {
        key.parse::<u32>().is_ok()
    }

    #[test]
    fn parts_make_up_the_whole_also_when_items_go_in_between() {
        let all = |gone: u32| (1..=9).rev().filter(|n| *n != gone).collect::<Vec<u32>>();
        let (first, next) = paging(None, "4")
            .cut(all(0), u32::to_string, is_number)
            .unwrap();
        assert_eq!((first, next.as_deref()), (vec![9, 8, 7, 6], Some("6")));
        // The last one of the part before is gone.
        let second = paging(next.as_deref(), "4").cut(all(6), u32::to_string, is_number);
        let (second, next) = second.unwrap();
        assert_eq!((second, next.as_deref()), (vec![5, 4, 3, 2], Some("2")));
        let third = paging(next.as_deref(), "4").cut(all(6), u32::to_string, is_number);
        assert_eq!(third.unwrap(), (vec![1], None));
        assert_eq!(
            Paging::default()
                .cut(all(0), u32::to_string, is_number)
                .unwrap()
                .0
                .len(),
            9
        );
        for wrong in ["0", "101", "-1", "+1", "x", "99999999999999999999"] {
            assert!(
                paging(None, wrong)
                    .cut(all(0), u32::to_string, is_number)
                    .is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_cursor_that_was_never_a_key_is_refused() {
        assert!(
            paging(Some("zzz"), "4")
                .cut(vec![1], u32::to_string, is_number)
                .is_err()
        );
        assert_eq!(read_id(None).unwrap(), None);
        assert!(read_id(Some("zzz")).is_err());
    }

    #[test]
    fn a_path_goes_on_after_the_message_that_the_cursor_names() {
        let path = ["a", "b", "c"];
        let paging = |cursor, limit| paging(cursor, limit).slice(&path, |item| item);
        assert_eq!(paging(None, "2").unwrap(), (0..2, Some("b".to_owned())));
        assert_eq!(paging(Some("b"), "2").unwrap(), (2..3, None));
        assert_eq!(paging(Some("c"), "2").unwrap(), (3..3, None));
        assert!(paging(Some("z"), "2").is_err());
    }
}
