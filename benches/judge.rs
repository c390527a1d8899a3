//! Operations judged per second, for histories of 1,000 to 1,000,000 operations, and what each checker adds to the history
//! of a board: `cargo bench --bench judge`. Each history is made beforehand; what is measured is reading it.
#![allow(clippy::disallowed_types)] // A bench measures the time of this world.

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;
use tradeoff::history::Entry;
use tradeoff::judge::Judge;
use tradeoff::judge::availability::Availability;
use tradeoff::judge::causal::Causal;
use tradeoff::judge::failed_visible::FailedVisible;
use tradeoff::judge::import::judge_file;
use tradeoff::judge::jobs::Jobs;
use tradeoff::judge::linearizability::Linearizability;
use tradeoff::judge::load::Load;
use tradeoff::judge::logins::Logins;
use tradeoff::judge::lost_update::LostUpdate;
use tradeoff::judge::replicas::Replicas;
use tradeoff::judge::sequential::Sequential;
use tradeoff::judge::service::Service;
use tradeoff::judge::staleness::Staleness;
use tradeoff::judge::waits::Waits;
use tradeoff::run::Run;
use tradeoff::scenario::notation;
use tradeoff::stdx::Duration;

/// Operations each measurement reads in total, by repeating short histories.
const WORK: usize = 4_000_000;

const BOARDS: [(&str, &str); 2] = [
    (
        "three tiers",
        "users u rate=2000/s reads=90% keys=1000\nload-balancer lb\napp-server web clones=3\ncache c\ndatabase db workers=32\n\
         u -> lb -> web -> db\nweb -> c\n",
    ),
    (
        "replication",
        "users u rate=2000/s reads=50% keys=1000\ndatabase db workers=64\ndatabase copy\nu -> db\ndb => copy latency=40ms\n",
    ),
];

fn main() {
    // `cargo test --benches` only wants to see that it runs.
    let quick = std::env::args().any(|a| a == "--test");
    let sizes: &[usize] = if quick { &[1_000] } else { &[1_000, 10_000, 100_000, 1_000_000] };
    println!(
        "{:>10} {:>16} {:>16} {:>16}   million operations/s",
        "operations", "linearizability", "causal", "everything"
    );
    for &size in sizes {
        let work = if quick { size } else { WORK };
        let plain: Vec<Entry> = Load::new(1000, 16, false).take(2 * size).collect();
        let linearizability = rate(&plain, size, work, Linearizability::default, Linearizability::read);
        let causal = rate(&plain, size, work, Causal::default, Causal::read);
        drop(plain);
        let told: Vec<Entry> = Load::new(1000, 16, true).take(3 * size).collect();
        let everything = rate(&told, size, work / 4, Judge::new, Judge::read);
        println!("{size:>10} {linearizability:>16.1} {causal:>16.1} {everything:>16.1}");
    }
    for (name, board) in BOARDS {
        by_checker(name, board, if quick { 1 } else { 60 });
    }
    let mut judge = Judge::new();
    let hour = if quick { 1_000 } else { 3_600_000 };
    for entry in Load::new(1000, 16, true).take_while(|e| e.at.0 < hour * 1_000_000) {
        judge.read(&entry);
    }
    println!("after {} operations the judge remembers {} things", judge.operations(), judge.retained());
    let size = if quick { 1_000 } else { 1_000_000 };
    let file = file(size);
    let start = Instant::now();
    let report = judge_file(file.as_bytes(), &mut |_| {}).expect("it is a history");
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "a file of {size} operations, {} MB: {seconds:.2} s, exit code {}",
        file.len() / 1_000_000,
        report.exit_code()
    );
}

/// What each checker takes for the history of a board: in a run they share it.
fn by_checker(name: &str, board: &str, seconds: u64) {
    let document = notation::parse(board).unwrap_or_else(|p| panic!("{name}: {p:?}"));
    let mut run = Run::recorded(&document);
    run.advance(Duration::from_secs(seconds), u64::MAX);
    let (entries, operations) = (run.history(), run.state().judge().operations());
    println!("\n{name}: {operations} operations in {} lines, ns an operation", entries.len());
    macro_rules! each {
        ($($checker:ident)*) => {$({
            let rate = rate(entries, operations as usize, 5 * operations as usize, $checker::default, $checker::read);
            println!("{:>20} {:>8.0}", stringify!($checker), 1e3 / rate);
        })*};
    }
    each!(Judge Linearizability Causal Sequential Staleness LostUpdate FailedVisible Replicas Jobs Logins Availability Service Waits);
}

/// Million operations per second: the best of the repetitions, as the machine has other things to do.
fn rate<C>(
    entries: &[Entry],
    size: usize,
    work: usize,
    new: impl Fn() -> C,
    read: impl Fn(&mut C, &Entry),
) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..(work / size).max(1) {
        let start = Instant::now();
        let mut checker = new();
        entries.iter().for_each(|entry| read(&mut checker, entry));
        black_box(&checker);
        best = best.min(start.elapsed().as_secs_f64());
    }
    size as f64 / best / 1e6
}

/// A register history as `tradeoff judge` reads it: one key, eight processes, every value once.
fn file(operations: usize) -> String {
    let mut text = String::from("{\"model\": \"register\", \"initial\": 0}\n");
    let mut value = 0;
    let mut open: Vec<Option<String>> = vec![None; 8];
    for n in 0..operations {
        let process = n % 8;
        if let Some(line) = open[process].take() {
            text += &line;
        }
        let (f, shown) = if n % 5 == 0 { ("write", n + 1) } else { ("read", value) };
        if f == "write" {
            value = n + 1;
        }
        let asked = if f == "write" { shown.to_string() } else { "null".into() };
        writeln!(
            text,
            r#"{{"process": {process}, "type": "invoke", "f": "{f}", "key": "x", "value": {asked}}}"#
        )
        .expect("a string takes everything");
        open[process] = Some(format!(
            "{{\"process\": {process}, \"type\": \"ok\", \"f\": \"{f}\", \"key\": \"x\", \"value\": {shown}}}\n"
        ));
    }
    text.extend(open.into_iter().flatten());
    text
}
