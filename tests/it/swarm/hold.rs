//! What holds of every run at every instant, whatever is drawn and whatever befalls it.

use std::collections::BTreeMap;
use tradeoff::components::Machine as _;
use tradeoff::history::{Entry, Key, Kind, Op, OpId, Outcome, Record, SessionId, Value};
use tradeoff::judge::linearizability::Linearizability;
use tradeoff::judge::oracle::{Action, Answer, Operation, Register, search};
use tradeoff::judge::{Judge, export, import};
use tradeoff::run::{Run, report};

/// What is remembered from one look at the run to the next.
#[derive(Default)]
pub struct Watch {
    broken: BTreeMap<&'static str, u64>,
}

impl Watch {
    pub fn look(&mut self, run: &Run) {
        stations(run);
        for verdict in run.state().judge().verdicts() {
            let count = verdict.state.count();
            let before = self.broken.insert(verdict.id, count).unwrap_or(0);
            assert!(count >= before, "{}: {before} contradictions became {count}", verdict.id);
        }
    }
}

/// Who came has left or is there; areas under the numbers in the station are sums of times (Little); a busy worker is
/// one that works.
fn stations(run: &Run) {
    let state = run.state();
    let json = run.report();
    let mut reported = json["machines"].as_array().unwrap().iter();
    for card in &state.cast.cards {
        for node in &card.nodes {
            let name = state.cast.name(*node);
            let component = state.world.get(*node);
            let (c, inside) = (component.gauge().counters, report::in_flight(component));
            let left = c.completions + c.failed + c.refused + c.timed_out + c.crashed;
            assert_eq!(c.arrivals, left + inside, "{name}: arrivals, and those who left or are there; {c:?}");
            let reported = reported.next().unwrap();
            assert_eq!(reported["name"], name);
            let Some(tally) = component.tally() else { continue };
            assert_eq!(
                tally.little(),
                (0, 0),
                "{name}: Little's law, for all who are there and for those in work"
            );
            assert!(
                tally.busy <= tally.in_work && tally.in_work <= tally.in_system,
                "{name}: more work than presence"
            );
            // Utilisation is λE[S]/c, with what a crash interrupted and what is under way, where those who came to a
            // worker shared it with nobody.
            let elapsed = run.now().as_secs();
            let workers = component.gauge().workers as f64;
            let tally = tally.until(run.now());
            if tally.busy == tally.in_work && workers > 0.0 && elapsed > 0.0 {
                let done = tally.services.mean_secs() * tally.services.count() as f64;
                let busy = done + (tally.lost + tally.under_way()) as f64 / 1e9;
                let utilisation = reported["utilisation"].as_f64().unwrap();
                let gap = (utilisation - busy / elapsed / workers).abs();
                assert!(gap <= 1e-6 * utilisation.max(1e-3), "{name}: {utilisation} busy; {busy} s of work");
            }
        }
    }
}

/// The history from its first line to its last, and the judge's words on it.
pub fn history(run: &Run) {
    let entries = run.history();
    let mut open: BTreeMap<SessionId, Op> = BTreeMap::new();
    let mut invoked: BTreeMap<OpId, bool> = BTreeMap::new();
    let mut ends = [0u64; 3];
    for pair in entries.windows(2) {
        assert!(pair[0].at <= pair[1].at, "time runs on");
    }
    for Entry { record, .. } in entries {
        match record {
            Record::Invoke(op) => {
                assert!(invoked.insert(op.id, false).is_none(), "{op:?} was invoked twice");
                if let Some(other) = open.insert(op.session, *op) {
                    panic!("{op:?} overlaps {other:?} of its session");
                }
            }
            Record::Return { op, outcome } => {
                // Only now a row that was added has its number.
                let key = if op.kind == Kind::Insert { Key::NEW } else { op.key };
                assert_eq!(open.remove(&op.session), Some(Op { key, ..*op }), "what returns was under way");
                assert_eq!(invoked.insert(op.id, true), Some(false), "{op:?} returned twice");
                ends[match outcome {
                    Outcome::Ok { .. } => 0,
                    Outcome::Fail(_) => 1,
                    Outcome::Unknown(_) => 2,
                }] += 1;
            }
            Record::Fact(_) => {}
        }
    }
    let total = &run.state().series.total;
    assert_eq!(
        [total.invoked, total.ok, total.failed, total.unknown],
        [invoked.len() as u64, ends[0], ends[1], ends[2]],
        "the sums are those of the history"
    );
    judged_again(run, entries);
}

fn judged_again(run: &Run, entries: &[Entry]) {
    let live = run.state().judge();
    let mut again = Judge::new();
    entries.iter().for_each(|entry| again.read(entry));
    assert_eq!(live.verdicts(), again.verdicts(), "the judge reads nothing but the history");
    // As a file, and by the search where that is short.
    let mut file = Vec::new();
    export::write(entries, &mut file).unwrap();
    let imported = import::judge_with(&file[..], 1_000_000, &mut |_| {}).unwrap_or_else(|e| panic!("{e}"));
    match (live.linearizability.holds(), live.linearizability.unjudged()) {
        (false, _) => assert_eq!(imported.exit_code(), 1, "not linearizable, as a file neither"),
        (true, 0) => assert_eq!(imported.exit_code(), 0, "linearizable, as a file too"),
        _ => {}
    }
    let mut keys: BTreeMap<u32, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        if let Record::Invoke(op) | Record::Return { op, .. } = &entry.record
            && op.kind.on_register()
        {
            keys.entry(op.key.0).or_default().push(*entry);
        }
    }
    for (key, entries) in keys.into_iter().filter(|(_, entries)| entries.len() <= 60).take(20) {
        let mut zones = Linearizability::default();
        entries.iter().for_each(|entry| zones.read(entry));
        match search(&mut Register::new(0), &operations(&entries), 200_000).0 {
            Answer::Linearizable(_) => assert!(zones.holds(), "key {key}: an order was found, {entries:?}"),
            Answer::Not { .. } => assert!(!zones.holds(), "key {key}: no order was found, {entries:?}"),
            Answer::Unknown => {}
        }
    }
}

/// The operations on one key as the search reads them.
fn operations(entries: &[Entry]) -> Vec<Operation> {
    let mut numbers: BTreeMap<Value, u32> = BTreeMap::from([(Value::INITIAL, 0)]);
    let mut number = |value: Value| {
        let next = numbers.len() as u32;
        *numbers.entry(value).or_insert(next)
    };
    let mut ends: BTreeMap<OpId, (u64, Outcome)> = BTreeMap::new();
    for entry in entries {
        if let Record::Return { op, outcome } = entry.record {
            ends.insert(op.id, (entry.at.0, outcome));
        }
    }
    let invoked = entries.iter().filter_map(|entry| match entry.record {
        Record::Invoke(op) => Some(op),
        _ => None,
    });
    invoked
        .filter_map(|op| {
            let end = ends.get(&op.id);
            let (action, returned) = match (op.kind, end) {
                (_, Some((_, Outcome::Fail(_)))) => return None,
                (Kind::Read, Some((at, Outcome::Ok { value }))) => (Action::Read(number(*value)), Some(*at)),
                (Kind::Read, _) => return None,
                (Kind::Update, Some((at, Outcome::Ok { value }))) => {
                    (Action::Cas { from: number(*value), to: number(op.value) }, Some(*at))
                }
                (_, Some((at, Outcome::Ok { .. }))) => (Action::Write(number(op.value)), Some(*at)),
                _ => (Action::Write(number(op.value)), None),
            };
            Some(Operation { action, call: op.invoked.0, returned })
        })
        .collect()
}
