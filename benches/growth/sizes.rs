//! Three sizes of service, and how the simulation sees them: what each person does, what serves them, how full each part is.

use super::measure::{FEW, MANY, Measured};
use super::simulate::{Arrivals, Load, Serving, Simulation, Step, Time, quantile};

// What people do. Change these, and everything below follows.
/// Messages of one person in a day.
const MESSAGES: f64 = 6.0;
/// Pages, besides what messages bring.
const PAGES: f64 = 12.0;
const LOGINS: f64 = 1.0;
/// The busiest hour, in hours of the mean.
const PEAK: f64 = 4.0;
/// Of the model: until it begins, how fast it speaks, and how much it says and reads for one reply.
const FIRST_TOKEN: f64 = 0.7;
const TOKENS_A_SECOND: f64 = 50.0;
const TOKENS: f64 = 300.0;
const TOKENS_READ: f64 = 5_000.0;
/// Dollars for a million tokens read and said: put your own here.
const PRICE: (f64, f64) = (0.15, 0.60);
const DAY: f64 = 86_400.0;
/// What may be in use of a part before waiting grows quickly.
const FULL: f64 = 0.7;
/// The operating system's slice of a core, in seconds.
pub const SLICE: f64 = 0.003;

/// So many people a day, and what serves them.
struct Size {
    name: &'static str,
    people: f64,
    /// Sets that know nothing of each other; the people are divided among them.
    sets: f64,
    /// None is one process with SQLite on so many cores.
    set: Option<Set>,
}

/// What one set consists of.
struct Set {
    web: usize,
    workers: usize,
    /// Of each that serves or works.
    cores: usize,
    postgres_cores: usize,
    rabbitmq_cores: usize,
    nginx_cores: usize,
}

/// Cores of the single machine.
const ALONE_CORES: usize = 2;
/// As the program has them: connections of each process, and replies that each makes at once.
const CONNECTIONS: usize = 16;
const AT_ONCE: usize = 256;

const SIZES: [Size; 3] = [
    Size {
        name: "1,000 people a day: one machine with SQLite",
        people: 1e3,
        sets: 1.0,
        set: None,
    },
    Size {
        name: "100,000 people a day: two that serve, two that work",
        people: 1e5,
        sets: 1.0,
        set: Some(Set {
            web: 2,
            workers: 2,
            cores: 2,
            postgres_cores: 4,
            rabbitmq_cores: 2,
            nginx_cores: 2,
        }),
    },
    Size {
        name: "10,000,000 people a day: 40 sets of three that serve and four that work",
        people: 1e7,
        sets: 40.0,
        set: Some(Set {
            web: 3,
            workers: 4,
            cores: 4,
            postgres_cores: 8,
            rabbitmq_cores: 4,
            nginx_cores: 4,
        }),
    },
];

/// What was measured, by name.
pub struct Costs<'a>(pub &'a Measured);

impl Costs<'_> {
    pub fn of(&self, what: &str, counter: &str) -> f64 {
        let counts = self.0.get(what);
        let value = counts.and_then(|counts| counts.get(counter));
        *value.unwrap_or_else(|| panic!("{what:?} was not measured for {counter:?}"))
    }

    /// In seconds, from milliseconds.
    pub fn seconds(&self, what: &str, counter: &str) -> f64 {
        self.of(what, counter) / 1_000.0
    }

    /// What a reply takes by itself, and what each of its tokens adds.
    fn reply(&self, where_: &str, counter: &str) -> (f64, f64) {
        let few = self.of(&format!("{where_}: a reply of {FEW} tokens"), counter);
        let many = self.of(&format!("{where_}: a reply of {MANY} tokens"), counter);
        let token = ((many - few) / (MANY - FEW) as f64).max(0.0);
        ((few - token * FEW as f64).max(0.0), token)
    }

    /// SQLite's sync, and what each transaction adds to it.
    pub fn sqlite(&self) -> (f64, f64) {
        let (alone, grouped) = (
            self.seconds("SQLite: a commit", "alone ms"),
            self.seconds("SQLite: a commit", "of 64 at once ms"),
        );
        let work = (64.0 * grouped - alone) / 63.0;
        (alone - work, work)
    }

    /// A write takes this much longer than a read: the sync.
    fn postgres_sync(&self) -> f64 {
        self.seconds("PostgreSQL: a commit", "alone ms")
            - self.seconds("PostgreSQL: a commit", "a read ms")
    }

    /// Transactions that write: of a reply by itself, and of each second in which it speaks.
    fn commits(&self) -> (usize, f64) {
        let (fixed, token) = self.reply("set", "postgres commits");
        (fixed.round() as usize, token * TOKENS_A_SECOND)
    }
}

/// Prints what comes out for each size.
pub fn report(measured: &Measured) {
    let costs = Costs(measured);
    for size in &SIZES {
        let peak = size.people * PEAK / DAY / size.sets;
        let (simulation, resources, seconds) = match &size.set {
            None => alone(&costs, peak),
            Some(set) => cluster(&costs, set, peak),
        };
        let shown = simulation.run(60.0, seconds);
        println!("\n## {}\n", size.name);
        let of = if size.sets > 1.0 { ", of each set" } else { "" };
        println!(
            "In the busiest hour{of}: {:.2} logins, {:.1} pages and {:.2} replies a second, {:.0} replies at once.\n",
            peak * LOGINS,
            peak * PAGES,
            peak * MESSAGES,
            peak * MESSAGES * (FIRST_TOKEN + TOKENS / TOKENS_A_SECOND),
        );
        println!("| part | in use | on average | at most | full (70 %) at, people a day |");
        println!("| --- | ---: | ---: | ---: | ---: |");
        for (name, load) in resources.iter().zip(&shown.loads) {
            println!("{}", row(name, load, size.people));
        }
        println!("\n| what | median | 99 of 100 within |\n| --- | ---: | ---: |");
        let [login, page, reply] = &shown.kinds[..] else {
            unreachable!("three kinds are added");
        };
        for (name, took) in [
            ("a login", &login.took),
            ("a page", &page.took),
            ("added before the model is asked", &reply.marked),
            ("added to a whole reply", &reply.took),
        ] {
            let (middle, late) = (quantile(took, 0.5), quantile(took, 0.99));
            println!("| {name} | {:.1} ms | {:.1} ms |", middle * 1e3, late * 1e3);
        }
        bill(size);
    }
}

fn row(name: &str, load: &Load, people: f64) -> String {
    // What has no end isn't ever full: streams, and commits that all share a sync.
    if load.used < 1e-9 {
        return format!("| {name} | | {:.2} | {} | |", load.units, load.most);
    }
    let full = people * FULL / load.used;
    let digits = 10_f64.powf(full.log10().floor() - 1.0);
    format!(
        "| {name} | {:.1} % | {:.2} | {} | {:.0} |",
        load.used * 100.0,
        load.units,
        load.most,
        (full / digits).round() * digits,
    )
}

/// What the model's server allows and asks.
fn bill(size: &Size) {
    let replies = size.people * MESSAGES;
    let a_minute = replies * PEAK / DAY * 60.0 * (TOKENS_READ + TOKENS);
    let dollars = replies * (TOKENS_READ * PRICE.0 + TOKENS * PRICE.1) / 1e6;
    println!(
        "\nThe model: {:.0} requests and {:.2} million tokens in the busiest minute, {:.0} million tokens and {dollars:.0} dollars a day.",
        replies * PEAK / DAY * 60.0,
        a_minute / 1e6,
        replies * (TOKENS_READ + TOKENS) / 1e6,
    );
}

type Model = (Simulation, Vec<&'static str>, f64);

/// One process with SQLite.
fn alone(costs: &Costs, peak: f64) -> Model {
    let mut simulation = Simulation::new(1);
    let (sync, write) = costs.sqlite();
    let cores = simulation.resource(Serving::Sliced(ALONE_CORES, SLICE));
    let hashes = simulation.resource(Serving::Units((ALONE_CORES / 2).max(1)));
    let writer = simulation.resource(Serving::Grouped {
        most: 64,
        once: sync,
    });
    let slots = simulation.resource(Serving::Units(AT_ONCE));
    let streams = simulation.resource(Serving::Units(usize::MAX));
    let login = [
        Step::Take(hashes),
        Step::Use(
            cores,
            Time::Exactly(costs.seconds("alone: a login", "web ms")),
        ),
        Step::Give(hashes),
        Step::Use(writer, Time::Exponential(write)),
    ];
    simulation.kind(Arrivals::Poisson(peak * LOGINS), &login);
    let page = [Step::Use(
        cores,
        Time::Exponential(costs.seconds("alone: a page", "web ms")),
    )];
    simulation.kind(Arrivals::Poisson(peak * PAGES), &page);

    let (fixed, token) = costs.reply("alone", "web ms");
    let (fixed, token) = (fixed / 1e3, token / 1e3);
    let (commits, beats) = costs.commits();
    // Half of what a reply takes by itself before the model is asked, half when it has ended.
    let half = |steps: &mut Vec<Step>, commits: usize| {
        for _ in 0..commits {
            let part = fixed / 2.0 / commits as f64;
            steps.push(Step::Use(cores, Time::Exponential(part)));
            steps.push(Step::Use(writer, Time::Exponential(write)));
        }
    };
    let mut reply = vec![Step::Take(streams)];
    half(&mut reply, commits.div_ceil(2));
    reply.extend([Step::Take(slots), Step::Mark, Step::Pause(first_token())]);
    spoken(&mut reply, |steps, seconds| {
        let tokens = seconds * TOKENS_A_SECOND;
        steps.push(Step::Use(cores, Time::Exponential(tokens * token)));
        let work = beats * seconds * write;
        steps.push(Step::Use(writer, Time::Exponential(work)));
    });
    half(&mut reply, (commits / 2).max(1));
    reply.extend([Step::Give(slots), Step::Give(streams)]);
    simulation.kind(Arrivals::Poisson(peak * MESSAGES), &reply);
    let names = vec![
        "its cores",
        "password hashes at once",
        "SQLite's writer",
        "replies at once",
        "open streams",
    ];
    (simulation, names, 40_000.0)
}

/// nginx, several that serve and work, and one of each engine.
fn cluster(costs: &Costs, set: &Set, peak: f64) -> Model {
    let mut simulation = Simulation::new(1);
    let nginx = simulation.resource(Serving::Sliced(set.nginx_cores, SLICE));
    let web = simulation.resource(Serving::Sliced(set.web * set.cores, SLICE));
    let hashes = simulation.resource(Serving::Units(set.web * (set.cores / 2).max(1)));
    let workers = simulation.resource(Serving::Sliced(set.workers * set.cores, SLICE));
    let slots = simulation.resource(Serving::Units(set.workers * AT_ONCE));
    let pool = simulation.resource(Serving::Units((set.web + set.workers) * CONNECTIONS));
    let postgres = simulation.resource(Serving::Sliced(set.postgres_cores, SLICE));
    let log = simulation.resource(Serving::Grouped {
        most: usize::MAX,
        once: costs.postgres_sync(),
    });
    let redis = simulation.resource(Serving::Units(1));
    let rabbitmq = simulation.resource(Serving::Sliced(set.rabbitmq_cores, SLICE));
    let streams = simulation.resource(Serving::Units(usize::MAX));

    let ask = |steps: &mut Vec<Step>, work: f64, is_write: bool| {
        steps.extend([
            Step::Take(pool),
            Step::Use(postgres, Time::Exponential(work)),
        ]);
        if is_write {
            steps.push(Step::Use(log, Time::Exactly(0.0)));
        }
        steps.push(Step::Give(pool));
    };
    let all = |what: &str, counter: &str| Time::Exponential(costs.seconds(what, counter));

    let mut login = vec![
        Step::Use(nginx, all("set: a login", "nginx ms")),
        Step::Use(redis, all("set: a login", "redis ms")),
        Step::Take(hashes),
        Step::Use(web, Time::Exactly(costs.seconds("set: a login", "web ms"))),
        Step::Give(hashes),
    ];
    ask(
        &mut login,
        costs.seconds("set: a login", "postgres ms"),
        true,
    );
    simulation.kind(Arrivals::Poisson(peak * LOGINS), &login);

    let mut page = vec![
        Step::Use(nginx, all("set: a page", "nginx ms")),
        Step::Use(web, all("set: a page", "web ms")),
    ];
    ask(
        &mut page,
        costs.seconds("set: a page", "postgres ms"),
        false,
    );
    simulation.kind(Arrivals::Poisson(peak * PAGES), &page);

    let part = |counter: &str| {
        let (fixed, token) = costs.reply("set", counter);
        (fixed / 1e3, token / 1e3)
    };
    let (web_fixed, web_token) = part("web ms");
    let (worker_fixed, worker_token) = part("worker ms");
    let (nginx_fixed, nginx_token) = part("nginx ms");
    let (postgres_fixed, postgres_token) = part("postgres ms");
    let (redis_fixed, redis_token) = part("redis ms");
    let (rabbit_fixed, _) = part("rabbitmq ms");
    let (commits, beats) = costs.commits();
    let commit = postgres_fixed / commits.max(1) as f64;
    let mut reply = vec![
        Step::Take(streams),
        Step::Use(nginx, Time::Exponential(nginx_fixed)),
        Step::Use(redis, Time::Exponential(redis_fixed / 2.0)),
        Step::Use(web, Time::Exponential(web_fixed)),
    ];
    ask(&mut reply, commit, true);
    reply.push(Step::Use(rabbitmq, Time::Exponential(rabbit_fixed)));
    reply.extend([
        Step::Take(slots),
        Step::Use(workers, Time::Exponential(worker_fixed / 2.0)),
    ]);
    for _ in 1..commits.div_ceil(2) {
        ask(&mut reply, commit, true);
    }
    reply.extend([Step::Mark, Step::Pause(first_token())]);
    spoken(&mut reply, |steps, seconds| {
        let tokens = seconds * TOKENS_A_SECOND;
        steps.push(Step::Use(workers, Time::Exponential(tokens * worker_token)));
        steps.push(Step::Use(redis, Time::Exponential(tokens * redis_token)));
        steps.push(Step::Use(web, Time::Exponential(tokens * web_token)));
        steps.push(Step::Use(nginx, Time::Exponential(tokens * nginx_token)));
        // Some seconds have more than one; the work is that of all of them.
        let times = (beats * seconds).ceil().max(1.0);
        for _ in 0..times as usize {
            ask(steps, tokens * postgres_token / times, true);
        }
    });
    reply.push(Step::Use(workers, Time::Exponential(worker_fixed / 2.0)));
    for _ in commits.div_ceil(2)..commits {
        ask(&mut reply, commit, true);
    }
    reply.push(Step::Use(redis, Time::Exponential(redis_fixed / 2.0)));
    reply.extend([Step::Give(slots), Step::Give(streams)]);
    simulation.kind(Arrivals::Poisson(peak * MESSAGES), &reply);
    let names = vec![
        "nginx' cores",
        "cores that serve",
        "password hashes at once",
        "cores that work",
        "replies at once",
        "connections to PostgreSQL",
        "PostgreSQL's cores",
        "PostgreSQL's syncs",
        "Redis' one core",
        "RabbitMQ's cores",
        "open streams",
    ];
    (simulation, names, 400.0)
}

fn first_token() -> Time {
    Time::Exponential(FIRST_TOKEN)
}

/// The reply second by second, as it comes.
fn spoken(steps: &mut Vec<Step>, mut second: impl FnMut(&mut Vec<Step>, f64)) {
    let mut left = TOKENS / TOKENS_A_SECOND;
    while left > 0.0 {
        let part = left.min(1.0);
        steps.push(Step::Pause(Time::Exactly(part)));
        second(steps, part);
        left -= part;
    }
}
