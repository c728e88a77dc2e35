//! A discrete-event simulation: jobs go step by step through resources that have so many units and a queue each.
//!
//! The same seed gives the same run, to the nanosecond.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::rc::Rc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Nanoseconds since the run began.
type Instant = u64;
const SECOND: f64 = 1e9;

/// How long something takes, in seconds.
#[derive(Clone, Copy, Debug)]
pub enum Time {
    Exactly(f64),
    /// With that mean.
    Exponential(f64),
}

/// What a job does next.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Waits for a unit, works with it so long, and gives it back.
    Use(usize, Time),
    /// Waits for a unit and keeps it.
    Take(usize),
    Give(usize),
    /// Waits for somebody outside, which is nobody's fault here.
    Pause(Time),
    /// The first of these is noted by the time that it came at.
    Mark,
}

/// When jobs of a kind come.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// By chance, so many a second.
    Poisson(f64),
    /// At these seconds.
    At(Vec<f64>),
}

/// What serves jobs.
#[derive(Clone, Copy, Debug)]
pub enum Serving {
    /// So many at once, in the order in which they came.
    Units(usize),
    /// The same, but nobody for longer than this at a time, as an operating system has it with its cores.
    Sliced(usize, f64),
    /// One after the other, and this much once for up to so many that wait: a commit with one sync for all.
    Grouped { most: usize, once: f64 },
}

/// What became of the jobs of one kind. In seconds, sorted; without those that came during the warm-up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kind {
    /// From coming to leaving, without the pauses.
    pub took: Vec<f64>,
    /// To the mark, without the pauses.
    pub marked: Vec<f64>,
}

/// How much of a resource was in use after the warm-up, on average.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Of what it can do; of what serves groups, with full ones.
    pub used: f64,
    /// Units in use, on average and at most.
    pub units: f64,
    pub most: usize,
    /// Jobs that waited, on average.
    pub waiting: f64,
}

/// What a run showed, in the order in which resources and kinds were added.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub kinds: Vec<Kind>,
    pub loads: Vec<Load>,
}

/// The value below which that share of sorted values lies, or 0 where there are none.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    let at = at.min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

struct Resource {
    serving: Serving,
    /// Jobs that wait, each with what is left of its work; none for those who only take.
    queue: VecDeque<(usize, Option<Instant>)>,
    busy: usize,
    changed: Instant,
    /// Unit-nanoseconds and job-nanoseconds so far.
    worked: f64,
    waited: f64,
    /// Nanoseconds that groups would have taken so far, had all been full.
    at_best: f64,
    most: usize,
}

struct Job {
    kind: usize,
    at: usize,
    begun: Instant,
    paused: Instant,
    is_marked: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrive(usize),
    /// The job's pause is over.
    Resume(usize),
    /// A unit of the resource is done with the job, of whose work this is left.
    Served(usize, usize, Instant),
    /// A group is through.
    Committed(usize, Vec<usize>),
}

/// A world of resources and kinds of jobs.
pub struct Simulation {
    resources: Vec<Resource>,
    kinds: Vec<(Arrivals, Rc<[Step]>)>,
    jobs: Vec<Job>,
    /// Places in `jobs` whose job has left.
    free: Vec<usize>,
    events: BinaryHeap<Reverse<(Instant, u64, Event)>>,
    count: u64,
    now: Instant,
    warm: Instant,
    shown: Vec<Kind>,
    random: ChaCha8Rng,
}

impl Simulation {
    pub fn new(seed: u64) -> Self {
        Self {
            resources: Vec::new(),
            kinds: Vec::new(),
            jobs: Vec::new(),
            free: Vec::new(),
            events: BinaryHeap::new(),
            count: 0,
            now: 0,
            warm: 0,
            shown: Vec::new(),
            random: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Adds a resource; its number is what steps name.
    pub fn resource(&mut self, serving: Serving) -> usize {
        self.resources.push(Resource {
            serving,
            queue: VecDeque::new(),
            busy: 0,
            changed: 0,
            worked: 0.0,
            waited: 0.0,
            at_best: 0.0,
            most: 0,
        });
        self.resources.len() - 1
    }

    /// Adds a kind of jobs.
    pub fn kind(&mut self, arrivals: Arrivals, steps: &[Step]) {
        self.kinds.push((arrivals, steps.into()));
        self.shown.push(Kind::default());
    }

    /// Lets `warm` seconds pass unseen and looks at the `seconds` that follow.
    pub fn run(mut self, warm: f64, seconds: f64) -> Shown {
        self.warm = nanos(warm);
        let end = self.warm + nanos(seconds);
        for kind in 0..self.kinds.len() {
            match self.kinds[kind].0.clone() {
                Arrivals::Poisson(_) => self.next_arrival(kind),
                Arrivals::At(times) => {
                    for time in times {
                        self.at(nanos(time), Event::Arrive(kind));
                    }
                }
            }
        }
        let mut is_warm = false;
        while let Some(Reverse((time, _, event))) = self.events.pop() {
            if !is_warm && time >= self.warm {
                is_warm = true;
                self.forget();
            }
            if time > end {
                break;
            }
            self.now = time;
            self.happen(event);
        }
        self.now = end;
        let span = nanos(seconds) as f64;
        let loads = (0..self.resources.len()).map(|at| self.load(at, span));
        let loads = loads.collect();
        for kind in &mut self.shown {
            kind.took.sort_by(f64::total_cmp);
            kind.marked.sort_by(f64::total_cmp);
        }
        Shown {
            kinds: self.shown,
            loads,
        }
    }

    fn load(&mut self, at: usize, span: f64) -> Load {
        self.account(at);
        let resource = &self.resources[at];
        let busy = resource.worked / span;
        Load {
            used: match resource.serving {
                Serving::Units(units) | Serving::Sliced(units, _) => busy / units as f64,
                Serving::Grouped { .. } => resource.at_best / span,
            },
            units: busy,
            most: resource.most,
            waiting: resource.waited / span,
        }
    }

    /// What was before the warm-up ended doesn't count.
    fn forget(&mut self) {
        self.now = self.warm;
        for at in 0..self.resources.len() {
            self.account(at);
            let resource = &mut self.resources[at];
            (resource.worked, resource.waited, resource.at_best) = (0.0, 0.0, 0.0);
            resource.most = resource.busy;
        }
    }

    fn at(&mut self, time: Instant, event: Event) {
        self.count += 1;
        self.events.push(Reverse((time, self.count, event)));
    }

    fn next_arrival(&mut self, kind: usize) {
        if let Arrivals::Poisson(rate) = self.kinds[kind].0
            && rate > 0.0
        {
            let pause = self.draw(Time::Exponential(1.0 / rate));
            self.at(self.now + pause, Event::Arrive(kind));
        }
    }

    fn draw(&mut self, time: Time) -> Instant {
        nanos(match time {
            Time::Exactly(seconds) => seconds,
            Time::Exponential(mean) => {
                // Above 0 and up to 1, of 53 bits.
                let chance = ((self.random.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
                -chance.ln() * mean
            }
        })
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive(kind) => {
                self.next_arrival(kind);
                let job = Job {
                    kind,
                    at: 0,
                    begun: self.now,
                    paused: 0,
                    is_marked: false,
                };
                let id = match self.free.pop() {
                    Some(id) => {
                        self.jobs[id] = job;
                        id
                    }
                    None => {
                        self.jobs.push(job);
                        self.jobs.len() - 1
                    }
                };
                self.go_on(id);
            }
            Event::Resume(job) => self.go_on(job),
            Event::Served(at, job, left) => {
                self.release(at);
                match left {
                    0 => self.go_on(job),
                    // Behind those who wait: it had its slice.
                    left => self.enter(at, job, Some(left)),
                }
                self.serve(at);
            }
            Event::Committed(at, jobs) => {
                self.release(at);
                for job in jobs {
                    self.go_on(job);
                }
                self.serve(at);
            }
        }
    }

    /// Runs the job's steps until it has to wait, or has left.
    fn go_on(&mut self, id: usize) {
        loop {
            let Job { kind, at, .. } = self.jobs[id];
            let Some(step) = self.kinds[kind].1.get(at).copied() else {
                let took = self.elapsed(id);
                if let Some(took) = took {
                    self.shown[kind].took.push(took);
                }
                self.free.push(id);
                return;
            };
            self.jobs[id].at += 1;
            match step {
                Step::Use(resource, time) => {
                    let work = self.draw(time);
                    self.enter(resource, id, Some(work));
                    self.serve(resource);
                    return;
                }
                Step::Take(resource) => {
                    self.enter(resource, id, None);
                    self.serve(resource);
                    return;
                }
                Step::Give(resource) => {
                    self.release(resource);
                    self.serve(resource);
                }
                Step::Pause(time) => {
                    let pause = self.draw(time);
                    self.jobs[id].paused += pause;
                    self.at(self.now + pause, Event::Resume(id));
                    return;
                }
                Step::Mark => {
                    if !self.jobs[id].is_marked {
                        self.jobs[id].is_marked = true;
                        if let Some(took) = self.elapsed(id) {
                            self.shown[kind].marked.push(took);
                        }
                    }
                }
            }
        }
    }

    /// How long the job has taken without its pauses, if it came after the warm-up.
    fn elapsed(&self, id: usize) -> Option<f64> {
        let job = &self.jobs[id];
        let took = self.now - job.begun - job.paused;
        (job.begun >= self.warm).then_some(took as f64 / SECOND)
    }

    fn enter(&mut self, at: usize, job: usize, work: Option<Instant>) {
        self.account(at);
        self.resources[at].queue.push_back((job, work));
    }

    fn release(&mut self, at: usize) {
        self.account(at);
        self.resources[at].busy -= 1;
    }

    /// Lets those in who wait, as far as there is room.
    fn serve(&mut self, at: usize) {
        self.account(at);
        let now = self.now;
        match self.resources[at].serving {
            Serving::Units(units) => self.admit(at, units, Instant::MAX),
            Serving::Sliced(units, slice) => self.admit(at, units, nanos(slice).max(1)),
            Serving::Grouped { most, once } => {
                let resource = &mut self.resources[at];
                if resource.busy > 0 || resource.queue.is_empty() {
                    return;
                }
                let size = most.min(resource.queue.len());
                let group: Vec<_> = resource.queue.drain(..size).collect();
                let work: Instant = group.iter().filter_map(|(_, work)| *work).sum();
                resource.busy = 1;
                resource.most = 1;
                let share = nanos(once) as f64 * size as f64 / most as f64;
                resource.at_best += share + work as f64;
                let jobs = group.into_iter().map(|(job, _)| job).collect();
                self.at(now + nanos(once) + work, Event::Committed(at, jobs));
            }
        }
    }

    fn admit(&mut self, at: usize, units: usize, slice: Instant) {
        let now = self.now;
        while self.resources[at].busy < units
            && let Some((job, work)) = self.resources[at].queue.pop_front()
        {
            let resource = &mut self.resources[at];
            resource.busy += 1;
            resource.most = resource.most.max(resource.busy);
            let event = match work {
                None => (now, Event::Resume(job)),
                Some(work) => {
                    let turn = work.min(slice);
                    (now + turn, Event::Served(at, job, work - turn))
                }
            };
            self.at(event.0, event.1);
        }
    }

    /// Counts what was since the last change.
    fn account(&mut self, at: usize) {
        let resource = &mut self.resources[at];
        let span = (self.now - resource.changed) as f64;
        resource.worked += span * resource.busy as f64;
        resource.waited += span * resource.queue.len() as f64;
        resource.changed = self.now;
    }
}

fn nanos(seconds: f64) -> Instant {
    (seconds * SECOND).round() as Instant
}
