//! Two advisors with one toolbox: the model behind OpenAI's protocol, and the built-in catalogue advisor.

pub mod audit;
pub mod catalogue;
mod model;
pub mod needs;
mod prompt;
pub mod starters;
pub mod tools;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};

use self::audit::Unverified;
use self::model::Model;
use self::needs::{Edit, Need};
use self::starters::Starters;
use crate::cars::cost::Assumptions;
use crate::cars::{Car, Catalogue};
use crate::config::Config;
use crate::metrics::Upstream;
use crate::openai::breaker::Trouble;
use crate::openai::{Failure, Usage};

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    User,
    Assistant,
}

/// One message of the conversation, as an advisor reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub message_id: String,
    pub role: Role,
    pub text: String,
    /// What was changed in the needs by hand, or by a model, after this message.
    pub edits: Vec<Edit>,
}

/// How much the person knows about cars: it changes how things are explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Knowledge {
    Beginner,
    Casual,
    Enthusiast,
    Professional,
}

impl Knowledge {
    pub const ALL: [Knowledge; 4] = [
        Knowledge::Beginner,
        Knowledge::Casual,
        Knowledge::Enthusiast,
        Knowledge::Professional,
    ];

    /// As the database and JSON have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Knowledge::Beginner => "beginner",
            Knowledge::Casual => "casual",
            Knowledge::Enthusiast => "enthusiast",
            Knowledge::Professional => "professional",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Knowledge::Beginner => "Beginner",
            Knowledge::Casual => "Casual driver",
            Knowledge::Enthusiast => "Enthusiast",
            Knowledge::Professional => "Professional",
        }
    }

    /// The level of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

/// What an advisor is asked: the conversation up to the person's last message.
#[derive(Clone, Debug)]
pub struct Request {
    /// The one that this answer is made from, whatever is imported in the meantime.
    pub catalogue: Arc<Catalogue>,
    pub turns: Vec<Turn>,
    pub knowledge: Knowledge,
    /// How the person drives and what they pay, as far as they have set it.
    pub usual: Assumptions,
    /// Whether there are tokens left for a model; without, the catalogue advisor answers.
    pub has_tokens: bool,
}

/// A part of a reply, sent while it is made.
#[derive(Clone, Debug)]
pub enum Piece {
    /// More text: Markdown, to be appended.
    Text(String),
    Cars(Vec<Car>),
}

/// A whole reply.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Markdown, and as hostile as any text from outside.
    pub text: String,
    pub cars: Vec<Car>,
    /// The ids of those of the cars that are set side by side; empty where it compares none.
    pub compared: Vec<String>,
    /// As they stand once the edits are made.
    pub needs: Vec<Need>,
    /// What a model remembered or took back while it answered; to be stored with the reply.
    pub edits: Vec<Edit>,
}

/// An answer, and what it took.
#[derive(Clone, Debug)]
pub struct Made {
    pub answer: Answer,
    /// What in the text nothing bears out. The built-in advisor's text comes from the catalogue itself.
    pub unverified: Vec<Unverified>,
    /// Tokens, where a model made it.
    pub usage: Option<Usage>,
    /// Set where the catalogue advisor answers in the place of a model.
    pub stands_in: Option<StandIn>,
}

/// Why the catalogue advisor answers though a model is set up.
#[derive(Clone, Debug)]
pub enum StandIn {
    /// The model's server failed, or is left alone because it keeps failing.
    Failed(Failure),
    /// The tokens of the day are used up.
    NoTokens,
}

impl StandIn {
    /// Its name in metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            StandIn::Failed(_) => "failed",
            StandIn::NoTokens => "no_tokens",
        }
    }

    /// What went wrong with the model, if that is why: for the operator.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            StandIn::Failed(failure) => Some(failure),
            StandIn::NoTokens => None,
        }
    }

    /// What the person is told beside the answer.
    pub fn for_person(&self) -> String {
        let (what, advice) = match self {
            StandIn::Failed(Failure::Truncated | Failure::Malformed(_)) => (
                Failure::Empty.what_happened(),
                "Ask again for its own answer.",
            ),
            StandIn::Failed(failure) => (failure.what_happened(), "Ask again for its own answer."),
            StandIn::NoTokens => (
                "Today's share of the AI model is used up, or set aside for answers under way",
                "The model answers again once they are done, or from midnight UTC.",
            ),
        };
        format!("{what}, so Autio's built-in catalogue advisor answered instead. {advice}")
    }
}

/// Who answers, chosen once at start.
#[derive(Clone, Debug)]
pub enum Advisor {
    /// Built in: no model, no network.
    Catalogue(Starters),
    /// With what the catalogue advisor has at hand when it stands in.
    Model(Box<Model>, Starters),
}

impl Advisor {
    /// The model if there is a key, else the catalogue advisor.
    ///
    /// # Errors
    /// When TLS can't be set up on this machine.
    pub fn new(config: &Config, metrics: Upstream) -> Result<Self, reqwest::Error> {
        Ok(match &config.openai {
            None => Advisor::catalogue(),
            Some(openai) => {
                let model = Model::new(openai.clone(), config.system_prompt.clone(), metrics)?;
                Advisor::Model(Box::new(model), Starters::default())
            }
        })
    }

    /// The catalogue advisor.
    pub fn catalogue() -> Self {
        Advisor::Catalogue(Starters::default())
    }

    /// The name that is stored with a reply and shown beside it.
    pub fn model(&self) -> &str {
        match self {
            Advisor::Catalogue(_) => CATALOGUE_MODEL,
            Advisor::Model(model, _) => model.name(),
        }
    }

    /// Makes a reply, sending its parts to `out` as they come. Dropping the future ends it.
    ///
    /// A model that fails before it has said a word is stood in for by the catalogue advisor.
    ///
    /// # Errors
    /// When the model declines, or fails in the middle. What was sent by then stays sent.
    pub async fn reply(
        &self,
        request: &Request,
        out: &mpsc::Sender<Piece>,
    ) -> Result<Made, Failure> {
        match self {
            Advisor::Catalogue(starters) => from_catalogue(request, starters, out, None).await,
            Advisor::Model(_, starters) if !request.has_tokens => {
                from_catalogue(request, starters, out, Some(StandIn::NoTokens)).await
            }
            Advisor::Model(model, starters) => match model.reply(request, out).await {
                Err(broken) if broken.can_be_stood_in_for() => {
                    let failure = broken.failure;
                    from_catalogue(request, starters, out, Some(StandIn::Failed(failure))).await
                }
                made => made.map_err(|broken| broken.failure),
            },
        }
    }

    /// Whether a model answers, as long as it can.
    pub fn is_model(&self) -> bool {
        matches!(self, Advisor::Model(..))
    }

    /// What was wrong the last time that the model was asked, for the operator.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Advisor::Catalogue(_) => None,
            Advisor::Model(model, _) => model.trouble(),
        }
    }
}

async fn from_catalogue(
    request: &Request,
    starters: &Starters,
    out: &mpsc::Sender<Piece>,
    stands_in: Option<StandIn>,
) -> Result<Made, Failure> {
    let answer = match starters.find(request) {
        Some(answer) => answer,
        None => {
            let asked = request.clone();
            let answer = off_the_async_threads(move || {
                catalogue::answer(&asked.catalogue, &asked.turns, asked.knowledge)
            })
            .await?;
            starters.keep(request, &answer);
            answer
        }
    };
    // A reader who has gone away has nothing to hear; the answer is stored all the same.
    for paragraph in answer.text.split_inclusive('\n') {
        out.send(Piece::Text(paragraph.to_owned())).await.ok();
    }
    out.send(Piece::Cars(answer.cars.clone())).await.ok();
    Ok(Made {
        answer,
        unverified: Vec::new(),
        usage: None,
        stands_in,
    })
}

/// How much is read and audited at once: more threads than cores would only be in each other's way, and in the database's.
static TURNS: Semaphore = Semaphore::const_new(8);

/// What is read in less than half a millisecond, in bytes: a question or two.
const BRIEF: usize = 400;

/// Reads `length` bytes: what is brief on the spot, since it takes no longer than waking another thread does.
async fn aside<T: Send + 'static>(
    length: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    if length > BRIEF {
        return off_the_async_threads(work).await;
    }
    // A panic is this reply's alone there, and so it is here.
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| Failure::Ours("a message could not be read".to_owned()))
}

/// Reading a long conversation takes a while, and others must not wait for it.
async fn off_the_async_threads<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let turn = TURNS.acquire().await;
    let done = tokio::task::spawn_blocking(move || {
        // Held here, so that a reply that is given up doesn't let in one too many.
        let _turn = turn;
        work()
    })
    .await;
    done.map_err(|error| Failure::Ours(error.to_string()))
}

pub use crate::config::CATALOGUE_MODEL;

/// How people read the name that is stored with a reply.
pub fn model_label(model: &str) -> &str {
    match model {
        CATALOGUE_MODEL => "Built-in catalogue advisor",
        name => name,
    }
}
