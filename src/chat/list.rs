//! The list of conversations: some at a time, grouped by the day of their last message.

use chrono::{DateTime, Datelike, Duration, NaiveDateTime};

use crate::db::conversations::{self, Conversation};
use crate::error::Error;
use crate::state::App;
use crate::web::input::parse_id;
use crate::web::page::{take_off, wrong_cursor};

/// How many conversations come at once, unless told otherwise.
const USUAL: usize = 50;

/// Where a page of the list ends, and the next begins.
pub type Place = (NaiveDateTime, String);

/// Some of the conversations, and where the rest begins.
#[derive(Default)]
pub struct List {
    pub conversations: Vec<Conversation>,
    pub next: Option<String>,
    /// The last conversation of the page before; None on the first.
    after: Option<NaiveDateTime>,
}

/// Reads the newest conversations, or those after a place: `limit` of them, or as many as usual.
pub async fn read_list(
    app: &App,
    user_id: String,
    after: Option<Place>,
    limit: Option<usize>,
) -> Result<List, Error> {
    let limit = limit.unwrap_or(USUAL);
    let most = i64::try_from(limit).map_err(Error::internal)? + 1;
    let begin = after.as_ref().map(|(updated_at, _)| *updated_at);
    let mut conversations = app
        .db
        .read(move |conn| conversations::list(conn, &user_id, after, most))
        .await?;
    let next = take_off(&mut conversations, limit, write_cursor);
    Ok(List {
        conversations,
        next,
        after: begin,
    })
}

fn write_cursor(last: &Conversation) -> String {
    format!(
        "{}_{}",
        last.updated_at.and_utc().timestamp_micros(),
        last.id
    )
}

/// # Errors
/// When it isn't a cursor of ours.
pub fn read_cursor(cursor: &str) -> Result<Place, Error> {
    cursor
        .split_once('_')
        .and_then(|(micros, id)| {
            let time = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
            // What PostgreSQL can compare with; ours are from this century.
            (1970..10_000).contains(&time.year()).then_some(())?;
            Some((time.naive_utc(), parse_id(id).ok()?))
        })
        .ok_or_else(wrong_cursor)
}

/// Conversations of one day, or of one month where they are older than a week.
pub struct Group<'a> {
    pub day: String,
    /// Where a new conversation comes in.
    pub is_today: bool,
    /// The page before ended in the middle of it.
    pub goes_on: bool,
    pub conversations: Vec<&'a Conversation>,
}

impl List {
    /// In the order of the list, by the days of somebody whose clock is `behind` UTC. The first page begins with today, even
    /// if nothing was said yet.
    pub fn groups(&self, now: NaiveDateTime, behind: Duration) -> Vec<Group<'_>> {
        let day = |at: NaiveDateTime| day(at - behind, now - behind);
        let today = day(now);
        let before = self.after.map(day);
        let open = |day: String| Group {
            is_today: before.is_none() && day == today,
            goes_on: before.as_ref() == Some(&day),
            day,
            conversations: Vec::new(),
        };
        let first = before.is_none().then(|| open(today.clone()));
        let mut groups: Vec<Group> = first.into_iter().collect();
        for conversation in &self.conversations {
            let day = day(conversation.updated_at);
            if groups.last().is_none_or(|group| group.day != day) {
                groups.push(open(day));
            }
            if let Some(group) = groups.last_mut() {
                group.conversations.push(conversation);
            }
        }
        groups
    }

    pub fn is_first_page(&self) -> bool {
        self.after.is_none()
    }
}

/// `Today`, `Yesterday`, `Monday` within a week, then `October`, and `October 2025` in other years.
fn day(at: NaiveDateTime, now: NaiveDateTime) -> String {
    let (date, today) = (at.date(), now.date());
    match (today - date).num_days() {
        // A clock that runs ahead somewhere makes no day of its own.
        ..=0 => "Today".to_owned(),
        1 => "Yesterday".to_owned(),
        2..=6 => date.format("%A").to_string(),
        _ if date.year() == today.year() => date.format("%B").to_string(),
        _ => date.format("%B %Y").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn list(times: &[&str], after: Option<&str>) -> List {
        let conversation = |time: &&str| Conversation {
            id: (*time).to_owned(),
            user_id: String::new(),
            title: String::new(),
            head_id: None,
            created_at: at(time),
            updated_at: at(time),
            is_titled: true,
            deleted_at: None,
            batch_id: None,
        };
        List {
            conversations: times.iter().map(conversation).collect(),
            next: None,
            after: after.map(at),
        }
    }

    fn told(list: &List, behind: Duration) -> Vec<(String, usize)> {
        let groups = list.groups(at("2026-11-23T03:00:00"), behind);
        let tell = |group: &Group| (group.day.clone(), group.conversations.len());
        groups.iter().map(tell).collect()
    }

    #[test]
    fn days_are_those_of_the_person_and_older_ones_are_months() {
        let times = [
            "2026-11-23T02:00:00",
            "2026-11-22T23:00:00",
            "2026-11-21T12:00:00",
            "2026-11-05T12:00:00",
            "2026-11-03T12:00:00",
            "2025-11-03T12:00:00",
        ];
        let named = |days: &[(&str, usize)]| -> Vec<(String, usize)> {
            days.iter()
                .map(|(day, count)| ((*day).to_owned(), *count))
                .collect()
        };
        let list = list(&times, None);
        assert_eq!(
            told(&list, Duration::zero()),
            named(&[
                ("Today", 1),
                ("Yesterday", 1),
                ("Saturday", 1),
                ("November", 2),
                ("November 2025", 1)
            ])
        );
        // In New York it is still the evening before.
        assert_eq!(
            told(&list, Duration::minutes(300))[..3],
            named(&[("Today", 2), ("Yesterday", 1), ("November", 2)])
        );
    }

    #[test]
    fn the_next_page_goes_on_in_the_group_where_the_last_ended() {
        let list = list(
            &["2026-11-05T12:00:00", "2026-10-05T12:00:00"],
            Some("2026-11-06T12:00:00"),
        );
        let groups = list.groups(at("2026-11-23T03:00:00"), Duration::zero());
        let goes_on: Vec<bool> = groups.iter().map(|group| group.goes_on).collect();
        assert_eq!(goes_on, [true, false]);
        assert!(groups.iter().all(|group| !group.is_today));
    }
}
