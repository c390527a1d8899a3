//! Whoever keeps data keeps it when a setting is changed while the run goes on, whichever setting and on whatever:
//! rows, cached values, pages, sessions, jobs.

use super::board;
use std::collections::BTreeMap;
use tradeoff::components::parameter::{Domain, Parameter, Setting, Settings};
use tradeoff::components::{Machine as _, Shelf};
use tradeoff::history::{Key, Value};
use tradeoff::run::Run;
use tradeoff::scenario::{Document, notation};
use tradeoff::stdx::{Distribution, Duration, Instant};

const KEYS: u32 = 30;

/// Everything that keeps something, and nobody asks any more after 4 s.
const BOARD: &str = "
seed 7
until 20s
users shoppers   rate=100/s reads=60% keys=30 jobs=10% pages=20%
users visitors   rate=50/s reads=60% keys=30
users members    rate=50/s reads=60% keys=30
users travellers rate=50/s reads=60% keys=30
static-store edge
app-server web      sessions=memory cache-use=objects file-cache=on file-ttl=1h
app-server shop     sessions=central
app-server office   sessions=disk
cache cache         clones=2
session-store baskets
job-queue queue
shard-router router keys=30
database north
database south
database copy
disk-array disks    disk-mttf=0s
database london
database sydney
quorum-store store
consensus-group group clones=3

shoppers -> edge -> web -> router
web -> cache
web -> queue
shop -> baskets
router -> north
router -> south
north => copy
south -> disks
visitors -> shop -> london
london <=> sydney latency=20ms
members -> store
travellers -> office -> group
at 4s traffic shoppers x0
at 4s traffic visitors x0
at 4s traffic members x0
at 4s traffic travellers x0
";

/// What everybody keeps, by the machine's name: the value of each key, and how many entries.
fn kept(run: &Run) -> BTreeMap<String, (Vec<Option<Value>>, u64)> {
    let state = run.state();
    let one = |node| {
        let machine = state.world.get(node);
        let rows = (0..KEYS).map(|key| machine.holds(Key(key))).collect();
        (state.cast.name(node).to_string(), (rows, machine.gauge().counters.entries))
    };
    state.cast.nodes().map(one).collect()
}

/// Other values of the setting, such that there is not less room than before.
fn others(parameter: &Parameter, now: &Setting) -> Vec<Setting> {
    let more = |x: f64, most: f64| if x == 0.0 { (most / 2.0).floor().min(1.0) } else { (x * 2.0).min(most) };
    let all: Vec<Setting> = match (parameter.domain, now) {
        (Domain::Flag, Setting::Flag(on)) => vec![Setting::Flag(!on)],
        (Domain::Choice(words), _) => words.iter().map(|w| Setting::Text(w.name.to_string())).collect(),
        (Domain::Count { most, .. }, Setting::Number(x)) => vec![Setting::Number(more(*x, most as f64))],
        (Domain::Rate { most, .. } | Domain::Number { most, .. }, Setting::Number(x)) => {
            vec![Setting::Number((x * 2.0).min(most))]
        }
        (Domain::Share, Setting::Number(x)) => vec![Setting::Number(1.0 - x)],
        (Domain::Time { .. }, Setting::Time(t)) => vec![Setting::Time(t.saturating_mul(2))],
        (Domain::Times { .. }, _) => {
            vec![Setting::Distribution(Distribution::Fixed(Duration::from_millis(3)))]
        }
        _ => Vec::new(),
    };
    all.into_iter().filter(|s| s != now && parameter.allows(s)).collect()
}

/// The settings with every one of them changed to its next other value, to the one after it, and so on.
fn turned(parameters: &[Parameter], drawn: &Settings) -> Vec<Settings> {
    let choices = |p: &Parameter| others(p, &drawn.get(p.name).cloned().unwrap_or_else(p.default));
    let all: Vec<(&str, Vec<Setting>)> = parameters.iter().map(|p| (p.name, choices(p))).collect();
    let rounds = all.iter().map(|(_, others)| others.len()).max().unwrap_or(0);
    let round = |n: usize| {
        let mut settings = drawn.clone();
        for (name, others) in all.iter().filter(|(_, others)| !others.is_empty()) {
            settings.insert(name.to_string(), others[n % others.len()].clone());
        }
        settings
    };
    (0..rounds).map(round).collect()
}

/// The document with the settings of one machine or line changed.
fn changed(document: &Document) -> Vec<Document> {
    let mut all = Vec::new();
    for (i, machine) in document.machines.iter().enumerate() {
        if machine.kind.info().shelf == Shelf::Sends {
            continue;
        }
        for settings in turned(machine.kind.parameters(), &machine.settings) {
            all.push(document.clone());
            all.last_mut().unwrap().machines[i].settings = settings;
        }
    }
    for (i, link) in document.links.iter().enumerate() {
        for settings in turned(link.wire.parameters(), &link.settings) {
            all.push(document.clone());
            all.last_mut().unwrap().links[i].settings = settings;
        }
    }
    all
}

#[test]
fn whoever_keeps_data_keeps_it_when_a_setting_changes() {
    let document = board(BOARD);
    let mut run = Run::new(&document);
    run.advance_to(Instant::START + Duration::from_secs(6), u64::MAX);
    let before = kept(&run);
    let rows = |name: &str| before[name].0.iter().flatten().filter(|v| v.0 > 0).count();
    for name in ["north", "south", "copy", "london", "sydney", "store-1", "group-2"] {
        assert!(rows(name) > 5, "{name} keeps {} rows", rows(name));
    }
    for name in ["cache-1", "cache-2", "baskets", "edge", "queue"] {
        assert!(before[name].1 > 5, "{name} keeps {}", before[name].1);
    }
    let document_lines = notation::write(&document);
    let (mut cases, mut wrong) = (0, Vec::new());
    for next in changed(&document) {
        let mut run = run.clone();
        run.edit(&next, &[], "").unwrap();
        run.advance_to(Instant::START + Duration::from_millis(6_200), u64::MAX);
        cases += 1;
        let written = notation::write(&next);
        let words = written.lines().find(|line| !document_lines.contains(line)).unwrap_or_default();
        for (name, after) in kept(&run) {
            let Some(before) = before.get(&name) else { continue };
            let lost =
                before.0.iter().zip(&after.0).filter(|(b, a)| b.is_some_and(|v| v.0 > 0) && a != b).count();
            if lost > 0 || after.1 < before.1 {
                wrong.push(format!("{words}: {name} lost {lost} rows, {} of {} entries", after.1, before.1));
            }
        }
        for id in ["durable", "nothing-discarded", "sessions-kept"] {
            let verdicts = run.state().judge().verdicts();
            let verdict = verdicts.iter().find(|v| v.id == id).unwrap();
            if verdict.state.count() > 0 {
                wrong.push(format!("{words}: {id} {}", verdict.state.count()));
            }
        }
    }
    assert!(cases > 60, "{cases}");
    assert!(wrong.is_empty(), "{cases} cases\n{}", wrong.join("\n"));
}
