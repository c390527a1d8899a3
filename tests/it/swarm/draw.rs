//! Random boards, faults and edits from a seed: every component by the description of its parameters, every line that
//! may be drawn, every fault. It may know no parameter by its name but the number of clones, which costs machines.

use tradeoff::components::parameter::{Domain, Parameter, Setting, Settings};
use tradeoff::components::{Kind, Wire, wiring};
use tradeoff::scenario::fault::{Fault, LinkName, Way};
use tradeoff::scenario::{Document, Link, Machine, Scheduled, Zone, name, problem};
use tradeoff::stdx::{Distribution, Duration, Instant, Random};

/// What a person does to the run while it runs.
#[derive(Clone, Debug)]
pub enum Deed {
    Fault(Fault),
    Edit { document: Box<Document>, renamed: Vec<(String, String)>, words: String },
}

/// A board and what befalls its run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub document: Document,
    pub deeds: Vec<(Instant, Deed)>,
}

/// The plan of this number.
pub fn plan(seed: u64) -> Plan {
    let mut g = Generator { random: Random::stream(seed, 1), extreme: false };
    g.extreme = g.random.chance(0.1);
    let document = g.document();
    let span = document.until.0;
    let mut times: Vec<Instant> = (0..g.below(9)).map(|_| Instant(g.below(span))).collect();
    times.sort();
    let mut drawn = document.clone();
    let mut deeds = Vec::new();
    for at in times {
        if g.random.chance(0.35)
            && let Some(edit) = g.edit(&drawn)
        {
            if let Deed::Edit { document, .. } = &edit {
                drawn.clone_from(document);
            }
            deeds.push((at, edit));
        } else {
            deeds.push((at, Deed::Fault(g.fault(&drawn))));
        }
    }
    Plan { document, deeds }
}

fn runs(document: &Document) -> bool {
    problem::check(document).iter().all(|p| p.severity != problem::Severity::Error)
}

struct Generator {
    random: Random,
    /// Whether the ends of the widest ranges are drawn too: a million users cost seconds.
    extreme: bool,
}

/// Counts above this are drawn from extreme seeds only.
const DEAR: u64 = 2_000;

impl Generator {
    fn below(&mut self, n: u64) -> u64 {
        self.random.below(n.max(1))
    }

    fn pick<T: Clone>(&mut self, among: &[T]) -> T {
        among[self.below(among.len() as u64) as usize].clone()
    }

    fn document(&mut self) -> Document {
        loop {
            let mut document = Document {
                seed: self.random.word(),
                until: Duration::from_millis(1 + self.below(40_000)),
                ..Document::default()
            };
            for n in 0..self.below(3) {
                let settings = self.settings(wiring::zone_parameters());
                document.zones.push(Zone { name: format!("zone{n}"), settings });
            }
            self.machine(&mut document, Kind::Users);
            for _ in 0..1 + self.below(8) {
                let kind = self.pick(Kind::ALL);
                self.machine(&mut document, kind);
            }
            for _ in 0..self.below(document.machines.len() as u64) {
                self.line(&mut document);
            }
            for _ in 0..self.below(4) {
                let at = Instant(self.below(document.until.0));
                let fault = self.fault(&document);
                document.schedule.push(Scheduled { at, fault });
            }
            document.schedule.sort_by_key(|s| s.at);
            if runs(&document) {
                return document;
            }
        }
    }

    /// One more machine, asked by somebody who may ask it.
    fn machine(&mut self, document: &mut Document, kind: Kind) {
        let mut machine = Machine::new(kind, document.fresh_name(kind.info().first_name));
        machine.settings = self.settings(kind.parameters());
        if !document.zones.is_empty() && self.random.chance(0.6) {
            machine.zone = Some(self.pick(&document.zones).name);
        }
        let ends: Vec<(String, Wire, String)> = document
            .machines
            .iter()
            .flat_map(|other| {
                let to = wiring::allowed(other.kind, Wire::Calls, kind).is_ok();
                let from = wiring::allowed(kind, Wire::Calls, other.kind).is_ok();
                let there = to.then(|| (other.name.clone(), Wire::Calls, machine.name.clone()));
                let back = from.then(|| (machine.name.clone(), Wire::Calls, other.name.clone()));
                [there, back].into_iter().flatten()
            })
            .collect();
        document.machines.push(machine);
        for _ in 0..1 + self.below(2) {
            if !ends.is_empty() {
                let (from, wire, to) = self.pick(&ends);
                self.join(document, from, wire, to);
            }
        }
    }

    /// Any line that may be drawn.
    fn line(&mut self, document: &mut Document) {
        for _ in 0..20 {
            let (from, to) = (self.pick(&document.machines), self.pick(&document.machines));
            let wire = self.pick(&[Wire::Calls, Wire::Copies, Wire::Copies, Wire::Mirrors, Wire::Heartbeat]);
            if from.name != to.name && wiring::allowed(from.kind, wire, to.kind).is_ok() {
                return self.join(document, from.name, wire, to.name);
            }
        }
    }

    fn join(&mut self, document: &mut Document, from: String, wire: Wire, to: String) {
        let link = Link { settings: self.settings(wire.parameters()), ..Link::new(from, wire, to) };
        document.links.push(link);
        if !runs(document) {
            document.links.pop();
        }
    }

    fn settings(&mut self, parameters: &[Parameter]) -> Settings {
        let share = self.random.unit() * self.random.unit();
        let mut settings = Settings::new();
        for parameter in parameters {
            if self.random.chance(share) {
                settings.insert(parameter.name.to_string(), self.setting(parameter));
            }
        }
        settings
    }

    /// Somewhere between two bounds, small numbers as likely as large ones.
    fn between(&mut self, least: f64, most: f64) -> f64 {
        let floor = (most * 1e-9).max(1e-9);
        let (low, high) = (libm::log(least.max(floor)), libm::log(most.max(floor)));
        libm::exp(low + self.random.unit() * (high - low)).clamp(least, most)
    }

    fn setting(&mut self, parameter: &Parameter) -> Setting {
        let end = self.below(8);
        let setting = match parameter.domain {
            Domain::Count { least, most, .. } => {
                let most = match parameter.name {
                    "clones" => most.min(4),
                    _ if self.extreme => most,
                    _ => most.min(DEAR.max(least)),
                };
                Setting::Number(match end {
                    0 => least as f64,
                    1 => most as f64,
                    2..=4 => (least + self.below(5)).min(most) as f64,
                    _ => self.between(least.max(1) as f64, most as f64).floor().max(least as f64),
                })
            }
            Domain::Rate { least, most } | Domain::Number { least, most, .. } => Setting::Number(match end {
                0 => least,
                1 => most,
                2 => self.between(least, most).round().clamp(least, most),
                _ => self.between(least.max(most * 1e-5), most),
            }),
            Domain::Share => Setting::Number(match end {
                0 => 0.0,
                1 => 1.0,
                _ => self.random.unit(),
            }),
            Domain::Time { least, most } => Setting::Time(match end {
                0 => least,
                1 => most,
                _ => self.span(least, most),
            }),
            Domain::Times { most } => Setting::Distribution(self.distribution(most)),
            Domain::Flag => Setting::Flag(self.random.chance(0.5)),
            Domain::Choice(words) => Setting::Text(self.pick(words).name.to_string()),
            Domain::Text { .. } => Setting::Text(self.pick(&["", "west", "cache", "db", "east"]).to_string()),
        };
        if parameter.allows(&setting) { setting } else { (parameter.default)() }
    }

    fn span(&mut self, least: Duration, most: Duration) -> Duration {
        Duration(self.between(least.0 as f64, most.0 as f64) as u64).clamp(least, most)
    }

    fn distribution(&mut self, most: Duration) -> Distribution {
        let usual = Duration::from_millis(200).min(most);
        let a = if self.random.chance(0.05) { most } else { self.span(Duration::ZERO, usual) };
        let b = self.span(Duration::ZERO, usual);
        match self.below(9) {
            0 => Distribution::Fixed(Duration::ZERO),
            1 => Distribution::Fixed(a),
            2 => Distribution::Uniform(a.min(b), a.max(b)),
            3 => Distribution::LogNormal { mean: b, cv: self.random.unit() * 4.0 },
            4 => Distribution::TwoPoint { p: self.random.unit(), a: b, b: usual },
            5 => Distribution::Erlang { k: 1 + self.below(9) as u32, mean: a },
            _ => Distribution::Exponential(b),
        }
    }

    /// A machine of the board, or one of its clones.
    fn someone(&mut self, document: &Document) -> String {
        let machine = self.pick(&document.machines);
        match machine.clones() {
            1 => machine.name,
            _ if self.random.chance(0.3) => machine.name,
            n => name::clone(&machine.name, 1 + self.below(n.into()) as u32),
        }
    }

    fn wire(&mut self, document: &Document) -> LinkName {
        match document.links.is_empty() {
            true => LinkName::new("nobody", Wire::Calls, "nowhere"),
            false => self.pick(&document.links).name(),
        }
    }

    fn zone(&mut self, document: &Document) -> String {
        if document.zones.is_empty() { "nowhere".into() } else { self.pick(&document.zones).name }
    }

    fn fault(&mut self, document: &Document) -> Fault {
        let (machine, link) = (self.someone(document), self.wire(document));
        match self.below(28) {
            0..=2 => Fault::Crash { machine, host: self.random.chance(0.5) },
            3..=5 => Fault::Restart { machine },
            6 => Fault::Pause { machine },
            7 => Fault::Resume { machine },
            8 => Fault::Slow { machine, factor: self.between(0.01, 1000.0) },
            9 | 10 => Fault::Cut { link, way: self.pick(&[Way::Both, Way::Forth, Way::Back]) },
            11 => Fault::Heal { link },
            12 | 13 => Fault::HealAll,
            14 => Fault::Delay { link, by: self.distribution(Duration::from_secs(60)) },
            15 => Fault::Loss { link, share: self.pick(&[0.0, 0.05, 0.5, 1.0]) },
            16 => Fault::Isolate { machine },
            17 => {
                let way = self.pick(&[Way::Both, Way::Forth, Way::Back]);
                Fault::Part { one: self.zone(document), other: self.zone(document), way }
            }
            18 => Fault::Outage { zone: self.zone(document) },
            19 => Fault::LoseDisk { machine },
            20 => Fault::FillDisk { machine },
            21 => {
                let ahead = self.span(Duration::ZERO, Duration::from_secs(100));
                Fault::Skew { machine, ahead, behind: self.random.chance(0.5) }
            }
            22 => Fault::DropCache { machine },
            23 => Fault::Promote { machine },
            24 => Fault::Join { one: self.zone(document), other: self.zone(document) },
            25 => Fault::Recover { zone: self.zone(document) },
            26 => Fault::Deploy { machine, version: 1 + self.below(5) as u32 },
            _ => Fault::Traffic { machine, factor: self.pick(&[0.0, 0.1, 3.0, 20.0]) },
        }
    }

    /// The board with one thing changed; None if that could not run.
    fn edit(&mut self, before: &Document) -> Option<Deed> {
        let mut document = before.clone();
        let mut renamed = Vec::new();
        let which = self.below(document.machines.len() as u64) as usize;
        let words = match self.below(8) {
            0 => {
                let kind = self.pick(Kind::ALL);
                self.machine(&mut document, kind);
                format!("add a {}", kind.info().word)
            }
            1 if document.machines.len() > 2 => {
                let gone = document.machines.remove(which).name;
                document.links.retain(|l| l.from != gone && l.to != gone);
                format!("remove {gone}")
            }
            2 => {
                let to = document.fresh_name("renamed");
                let from = std::mem::replace(&mut document.machines[which].name, to.clone());
                for link in &mut document.links {
                    for end in [&mut link.from, &mut link.to] {
                        if *end == from {
                            end.clone_from(&to);
                        }
                    }
                }
                renamed.push((from.clone(), to.clone()));
                format!("{from} is called {to}")
            }
            3 => {
                self.line(&mut document);
                "add a line".to_string()
            }
            4 if !document.links.is_empty() => {
                let index = self.below(document.links.len() as u64) as usize;
                format!("remove {}", document.links.remove(index).name())
            }
            5 if !document.links.is_empty() => {
                let index = self.below(document.links.len() as u64) as usize;
                document.links[index].settings = self.settings(document.links[index].wire.parameters());
                format!("set {}", document.links[index].name())
            }
            _ => {
                let machine = &mut document.machines[which];
                machine.settings = self.settings(machine.kind.parameters());
                format!("set {}", machine.name)
            }
        };
        let changed = runs(&document) && document != *before;
        changed.then(|| Deed::Edit { document: Box::new(document), renamed, words })
    }
}
