//! Random documents for tests: every component, every setting, every fault, odd texts. It may know no parameter by name.

use crate::components::parameter::{Domain, Parameter, Setting, Settings};
use crate::components::{Kind, Wire, wiring};
use crate::scenario::fault::{Fault, LinkName, Way};
use crate::scenario::{Document, Link, Machine, Point, Scheduled, Zone, layout, name};
use crate::stdx::{Distribution, Duration, Instant, Random};

/// The document of this number. Whole in itself; whether it could run is another matter.
pub fn document(number: u64) -> Document {
    let mut g = Generator(Random::stream(number, 1));
    let mut document = Document {
        seed: g.0.word(),
        until: Duration(1 + g.0.word() % 1_000_000_000_000),
        ..Document::default()
    };
    if g.0.chance(0.8) {
        document.title = g.text(30);
    }
    if g.0.chance(0.3) {
        document.notes =
            (0..g.below(4)).map(|_| g.text(20).trim_end().to_string()).collect::<Vec<_>>().join("\n");
    }
    for _ in 0..g.below(4) {
        let name = document.fresh_name(&g.name());
        document.zones.push(Zone { name, settings: g.settings(wiring::zone_parameters()) });
    }
    for _ in 0..g.below(12) {
        let kind = g.pick(&EVERYDAY);
        let mut machine = Machine::new(kind, document.fresh_name(&g.name()));
        machine.settings = g.settings(kind.parameters());
        if !document.zones.is_empty() && g.0.chance(0.5) {
            machine.zone = Some(g.pick(&document.zones).name);
        }
        document.machines.push(machine);
    }
    if !document.machines.is_empty() {
        for _ in 0..g.below(16) {
            let from = g.pick(&document.machines).name;
            let to = g.pick(&document.machines).name;
            let wire = g.pick(&Wire::ALL);
            let settings = if g.0.chance(0.5) { Settings::new() } else { g.settings(wire.parameters()) };
            document.links.push(Link { settings, ..Link::new(from, wire, to) });
        }
    }
    for _ in 0..g.below(8) {
        let at = Instant(g.0.word() % 60_000_000_000);
        let fault = g.fault();
        document.schedule.push(Scheduled { at, fault });
    }
    document.schedule.sort_by_key(|s| s.at);
    if g.0.chance(0.2) {
        let mut text = (0..g.below(5)).map(|_| g.text(40)).collect::<Vec<_>>().join("\nEND\n");
        if g.0.chance(0.5) {
            text.push('\n');
        }
        document.files.insert(format!("file-{}.log", g.below(9)), text.into());
    }
    let usual = layout::landscape(&document);
    let moved = g.0.chance(0.5);
    for (machine, at) in document.machines.iter_mut().zip(usual) {
        machine.at = at;
        if moved {
            machine.at = Point { x: g.below(4000) as i32 - 2000, y: g.below(4000) as i32 - 2000 };
        }
    }
    document
}

/// What large boards are made of, however large the catalogue grows.
const EVERYDAY: [Kind; 9] = [
    Kind::Users,
    Kind::LoadBalancer,
    Kind::AppServer,
    Kind::Worker,
    Kind::Scheduler,
    Kind::Cache,
    Kind::Database,
    Kind::StaticStore,
    Kind::JobQueue,
];

/// A plain board of so many machines, each with a place of its own and a few ordinary settings.
pub fn board(machines: u32) -> Document {
    let mut g = Generator(Random::stream(machines.into(), 2));
    let mut document = Document { title: "A large board".into(), ..Document::default() };
    for i in 0..machines {
        let kind = g.pick(&EVERYDAY);
        let mut machine = Machine::new(kind, document.fresh_name(kind.info().first_name));
        for _ in 0..2 {
            let parameter = g.pick(kind.parameters());
            let setting = match parameter.domain {
                Domain::Count { least, most, .. } => Setting::Number(most.min(least + g.below(20)) as f64),
                Domain::Flag => Setting::Flag(g.0.chance(0.5)),
                Domain::Choice(words) => Setting::Text(g.pick(words).name.to_string()),
                _ => (parameter.default)(),
            };
            machine.settings.insert(parameter.name.to_string(), setting);
        }
        machine.at = Point { x: 96 + (i as i32 % 8) * 208, y: 64 + (i as i32 / 8) * 128 };
        document.machines.push(machine);
    }
    document
}

struct Generator(Random);

impl Generator {
    fn below(&mut self, n: u64) -> u64 {
        self.0.below(n)
    }

    fn pick<T: Clone>(&mut self, among: &[T]) -> T {
        among[self.below(among.len() as u64) as usize].clone()
    }

    fn name(&mut self) -> String {
        let names =
            ["web", "db", "a", "title", "at", "in", "zone", "käufer", "x-", "web-2", "Ω", "end_", "users"];
        let name = self.pick(&names);
        assert_eq!(name::check(name), Ok(()));
        name.to_string()
    }

    /// Without control characters, and without spaces at its ends.
    fn text(&mut self, most: u64) -> String {
        let pieces = [
            "a", " ", "#", "\"", "\\", "=", "->", "ü", "日本", "🙂", "(", ")", "<<", "@1,2", "\u{2003}", ".",
            "END", "title ",
        ];
        let text: String = (0..self.below(most / 2)).map(|_| self.pick(&pieces)).collect();
        text.trim().chars().take(most as usize).collect::<String>().trim().to_string()
    }

    fn duration(&mut self, least: Duration, most: Duration) -> Duration {
        let span = most.0 - least.0;
        let round = [1, 1_000, 1_000_000, 1_000_000_000][self.below(4) as usize];
        Duration(
            (least.0 + if span == 0 { 0 } else { self.below(span) } / round * round).clamp(least.0, most.0),
        )
    }

    fn number(&mut self, least: f64, most: f64) -> f64 {
        let x = least + self.0.unit() * (most - least);
        match self.below(3) {
            0 => x,
            1 => (x * 100.0).round() / 100.0,
            _ => x.round(),
        }
        .clamp(least, most)
    }

    fn distribution(&mut self, most: Duration) -> Distribution {
        let most = Duration(most.0 / 4);
        let mut time = || self.duration(Duration::ZERO, most);
        let (a, b) = (time(), time());
        let p = self.number(0.0, 1.0);
        match self.below(10) {
            0 => Distribution::Exponential(a),
            1 => Distribution::Uniform(a.min(b), a.max(b)),
            2 => Distribution::LogNormal { mean: a, cv: self.number(0.0, 100.0) },
            3 => Distribution::Erlang { k: 1 + self.below(1000) as u32, mean: a },
            4 => Distribution::HyperExponential { p, a, b },
            5 => Distribution::Pareto { least: a, alpha: self.number(2.0, 9.0) },
            6 => Distribution::ParetoExponential { p, least: a, alpha: self.number(2.0, 9.0), mean: b },
            7 => Distribution::TwoPoint { p, a, b },
            8 => Distribution::Empirical([a, b, a].into()),
            _ => Distribution::Fixed(a),
        }
    }

    fn setting(&mut self, parameter: &Parameter) -> Setting {
        let setting = match parameter.domain {
            Domain::Count { least, most, .. } => {
                let most = most.min(least.saturating_add(1 << 40));
                Setting::Number((least + self.below(most - least + 1)) as f64)
            }
            Domain::Rate { least, most } | Domain::Number { least, most, .. } => {
                Setting::Number(self.number(least, most))
            }
            Domain::Share => Setting::Number(self.number(0.0, 1.0)),
            Domain::Time { least, most } => Setting::Time(self.duration(least, most)),
            Domain::Times { most } => Setting::Distribution(self.distribution(most)),
            Domain::Flag => Setting::Flag(self.0.chance(0.5)),
            Domain::Choice(words) => Setting::Text(self.pick(words).name.to_string()),
            Domain::Text { most } => Setting::Text(self.text(most as u64)),
        };
        if parameter.allows(&setting) { setting } else { (parameter.default)() }
    }

    fn settings(&mut self, parameters: &[Parameter]) -> Settings {
        let share = self.0.unit();
        let mut settings = Settings::new();
        for parameter in parameters {
            if self.0.chance(share) {
                settings.insert(parameter.name.to_string(), self.setting(parameter));
            }
        }
        settings
    }

    fn fault(&mut self) -> Fault {
        let (machine, one, other) = (self.name(), self.name(), self.name());
        let link = LinkName::new(self.name(), self.pick(&Wire::ALL), self.name());
        match self.below(23) {
            0 => Fault::Crash { machine, host: self.0.chance(0.5) },
            1 => Fault::Restart { machine },
            2 => Fault::Pause { machine },
            3 => Fault::Resume { machine },
            4 => Fault::Slow { machine, factor: self.number(0.01, 1000.0) },
            5 => Fault::Cut { link, way: self.pick(&[Way::Both, Way::Forth, Way::Back]) },
            6 => Fault::Heal { link },
            7 => Fault::HealAll,
            8 => Fault::Delay { link, by: self.distribution(Duration::from_secs(60)) },
            9 => Fault::Loss { link, share: self.number(0.0, 1.0) },
            10 => Fault::Isolate { machine },
            11 => Fault::Part { one, other, way: self.pick(&[Way::Both, Way::Forth, Way::Back]) },
            20 => Fault::Join { one, other },
            21 => Fault::Recover { zone: one },
            12 => Fault::Outage { zone: one },
            13 => Fault::LoseDisk { machine },
            14 => Fault::FillDisk { machine },
            15 => Fault::Skew {
                machine,
                ahead: self.duration(Duration::ZERO, Duration::from_secs(9)),
                behind: self.0.chance(0.5),
            },
            16 => Fault::DropCache { machine },
            17 => Fault::Promote { machine },
            18 => Fault::Deploy { machine, version: 1 + self.below(9) as u32 },
            19 => Fault::Traffic { machine, factor: self.number(0.0, 1000.0) },
            _ => Fault::Crash { machine: name::clone(&machine, 2), host: false },
        }
    }
}
