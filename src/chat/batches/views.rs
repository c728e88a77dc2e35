//! How a batch, a list of them and their results look, in JSON and on pages.

use askama::Template;
use serde_json::{Value, json};

use super::answers::{self, Counts};
use super::{count, results};
use crate::db::batches::{self, Batch, Counted, Item};
use crate::db::messages::{Message, Status};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::view::{Html, Shell, View};

/// How many results a page shows.
const ON_A_PAGE: i64 = 50;

impl Counts {
    /// Those of that batch among what was counted.
    pub fn of(batch: &Batch, counted: &[Counted]) -> Self {
        let mut counts = Self {
            total: batch.size.into(),
            ..Self::default()
        };
        for one in counted.iter().filter(|one| one.batch_id == batch.id) {
            let place = match standing(batch, one.was_asked, one.status.as_deref()) {
                WAITING => &mut counts.waiting,
                "running" => &mut counts.running,
                "done" => &mut counts.done,
                "failed" => &mut counts.failed,
                STOPPED => &mut counts.stopped,
                _ => &mut counts.deleted,
            };
            *place += one.count;
        }
        counts
    }
}

const WAITING: &str = "waiting";
const STOPPED: &str = "stopped";

/// Where an item stands, in the words of the API.
fn standing<'a>(batch: &Batch, was_asked: bool, status: Option<&'a str>) -> &'a str {
    match (was_asked, status) {
        (false, _) if batch.stopped_at.is_some() => STOPPED,
        (false, _) => WAITING,
        (true, Some(status)) if status == Status::Pending.as_str() => WAITING,
        (true, Some(status)) => status,
        (true, None) => "deleted",
    }
}

/// A batch, and how far it has come.
pub struct Standing {
    pub batch: Batch,
    pub counts: Counts,
}

impl Standing {
    /// `running`, `done` or `stopped`.
    pub fn status(&self) -> &'static str {
        let Counts {
            waiting, running, ..
        } = self.counts;
        match self.batch.stopped_at {
            _ if waiting + running > 0 => "running",
            Some(_) => "stopped",
            None => "done",
        }
    }

    fn is_running(&self) -> bool {
        self.status() == "running"
    }

    /// It was passed over when it last had its turn, because too little was left of a budget.
    pub fn waits_for_budget(&self) -> bool {
        self.batch.waiting > 0 && self.batch.waits_until.is_some()
    }

    /// Of how many nothing more will come.
    fn ended(&self) -> i64 {
        i64::from(self.batch.size) - self.counts.waiting - self.counts.running
    }

    fn created_at(&self) -> String {
        self.batch
            .created_at
            .format("%Y-%m-%dT%H:%M:%SZ")
            .to_string()
    }

    fn created_for_people(&self) -> String {
        self.batch
            .created_at
            .format("%-d %B %Y, %H:%M UTC")
            .to_string()
    }
}

/// One item with its reply, if there is one yet.
pub struct Answered {
    pub item: Item,
    pub reply: Option<Message>,
    /// Where it stands, in the words of the API.
    pub status: &'static str,
}

impl Answered {
    pub fn new(batch: &Batch, item: Item, reply: Option<Message>) -> Self {
        let status = reply.as_ref().map(|reply| reply.status.as_str());
        Self {
            status: standing(batch, item.asked_at.is_some(), status),
            item,
            reply,
        }
    }

    /// What people see of it: their own name for it, or its number.
    fn name(&self) -> String {
        let number = || format!("{}", self.item.position + 1);
        self.item.item_id.clone().unwrap_or_else(number)
    }
}

/// Some of the person's batches.
pub struct List {
    pub batches: Vec<Standing>,
    pub next: Option<String>,
}

#[derive(Template)]
#[template(path = "batches/list.html", blocks = ["main"])]
struct ListPage<'a> {
    shell: &'a Shell,
    list: &'a List,
}

impl View for List {
    fn json(&self) -> Value {
        json!(answers::Batches {
            batches: self.batches.iter().map(answers::Batch::from).collect(),
            next: self.next.as_deref(),
        })
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(ListPage { shell, list: self }.render()?))
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(
            ListPage { shell, list: self }.as_main().render()?,
        ))
    }
}

/// One batch; pages show its results as well.
pub struct One {
    standing: Standing,
    /// `None` for programs, which ask for them apart.
    results: Option<Results>,
}

impl One {
    pub async fn read(
        app: &App,
        format: Format,
        user_id: String,
        id: String,
        after: i32,
    ) -> Result<Self, Error> {
        let (owner, batch_id) = (user_id.clone(), id.clone());
        let standing = app
            .db
            .read(move |conn| {
                let batch = batches::get(conn, &owner, &batch_id)?;
                count(conn, &owner, vec![batch])
            })
            .await?;
        let standing = standing.into_iter().next().ok_or(Error::NotFound)?;
        let results = match format {
            Format::Json => None,
            Format::Page | Format::Fragment => {
                Some(results::read(app, user_id, id, after, ON_A_PAGE).await?)
            }
        };
        Ok(Self { standing, results })
    }
}

#[derive(Template)]
#[template(path = "batches/one.html", blocks = ["main"])]
struct OnePage<'a> {
    shell: &'a Shell,
    one: &'a Standing,
    results: Option<&'a Results>,
}

impl One {
    fn template<'a>(&'a self, shell: &'a Shell) -> OnePage<'a> {
        OnePage {
            shell,
            one: &self.standing,
            results: self.results.as_ref(),
        }
    }
}

impl View for One {
    fn json(&self) -> Value {
        json!(answers::Batch::from(&self.standing))
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).render()?))
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).as_main().render()?))
    }
}

/// The answer to a stop.
pub struct Stopped(pub One);

impl View for Stopped {
    fn json(&self) -> Value {
        self.0.json()
    }

    /// So that a reload doesn't stop it again.
    fn page(&self, _: &Shell) -> askama::Result<Html> {
        Ok(Html::GoTo(format!(
            "/chat/batches/{}",
            self.0.standing.batch.id
        )))
    }
}

/// Some of a batch's results.
pub struct Results {
    pub batch: Batch,
    pub items: Vec<Answered>,
    pub next: Option<String>,
}

impl View for Results {
    fn json(&self) -> Value {
        json!(answers::BatchResults {
            results: self.items.iter().map(answers::BatchResult::from).collect(),
            next: self.next.as_deref(),
        })
    }

    /// People see them with the batch.
    fn page(&self, _: &Shell) -> askama::Result<Html> {
        Ok(Html::GoTo(format!("/chat/batches/{}", self.batch.id)))
    }
}

/// The answer to a deletion.
pub struct Gone;

impl View for Gone {
    fn json(&self) -> Value {
        Value::Null
    }

    fn page(&self, _: &Shell) -> askama::Result<Html> {
        Ok(Html::GoTo("/chat/batches".into()))
    }
}
