//! The same run is the same run: again, after a checkpoint, after going back, in slices, and without knowing whether
//! anybody watches.

use super::board;
use tradeoff::run::beside::Thread;
use tradeoff::run::{Run, report};
use tradeoff::scenario::fault::Fault;
use tradeoff::stdx::{Duration, Instant};

const BOARD: &str = "
seed 7
until 20s
users shoppers rate=120/s reads=80% keys=100
load-balancer lb
database db
database copy
shoppers -> lb -> db latency=1ms
db => copy latency=40ms
at 3s cut db=>copy
at 6s heal db=>copy
at 8s crash db
at 10s restart db
";

fn secs(s: u64) -> Duration {
    Duration::from_secs(s)
}

#[test]
fn the_same_document_runs_the_same() {
    let document = board(BOARD);
    let mut one = Run::new(&document);
    one.advance(secs(20), u64::MAX);
    assert!(one.state().judge().operations() > 1_000, "the board is alive");
    // In slices of all sizes, watched.
    let mut two = Run::new(&document);
    two.watch(3);
    let mut budget = 1;
    while two.now() < Instant::START + secs(20) {
        two.advance_to(Instant::START + secs(20), budget);
        budget = budget * 7 % 1_009 + 1;
        two.take_dots();
    }
    assert_eq!(one.hash(), two.hash());
    assert_eq!(one.report(), two.report());
    // Another seed is another run.
    let mut other = document.clone();
    other.seed += 1;
    let mut three = Run::new(&other);
    three.advance(secs(20), u64::MAX);
    assert_ne!(one.hash(), three.hash());
}

#[test]
fn going_back_and_on_again_changes_nothing() {
    let mut run = Run::new(&board(BOARD));
    run.advance(secs(4), u64::MAX);
    run.fault("slow db x3".parse::<Fault>().unwrap()).unwrap();
    run.advance(secs(3), u64::MAX);
    let mut edited = run.document().clone();
    edited.machines[0]
        .settings
        .insert("rate".into(), tradeoff::components::parameter::Setting::Number(300.0));
    run.edit(&edited, &[], "Rate 120/s → 300/s").unwrap();
    run.advance(secs(5), u64::MAX);
    let (end, hash) = (run.now(), run.hash());
    for to in [11_000, 6_500, 3_999, 4_001, 7_000, 0, 12_000] {
        run.seek(Instant::START + Duration::from_millis(to));
        assert_eq!(run.now(), Instant::START + Duration::from_millis(to));
    }
    assert_eq!((run.now(), run.hash()), (end, hash), "back at the end, having been everywhere");
    // Going on slowly through what has been.
    run.seek(Instant::START + secs(2));
    while run.now() < end {
        run.advance_to(end, 97);
    }
    assert_eq!(run.hash(), hash);
}

#[test]
fn several_changes_at_one_place_are_all_made_again() {
    let mut run = Run::new(&board(BOARD));
    run.advance(secs(5), u64::MAX);
    for fault in ["cut lb->db", "slow db x4", "crash lb"] {
        run.fault(fault.parse().unwrap()).unwrap();
    }
    let (hash, marks) = (run.hash(), run.marks().len());
    run.seek(Instant::START + secs(1));
    assert_eq!(run.marks().len(), marks, "what lies ahead is still on the timeline");
    run.seek(Instant::START + secs(5));
    assert_eq!((run.hash(), run.marks().len()), (hash, marks));
}

#[test]
fn one_event_back_is_where_one_came_from() {
    let mut run = Run::new(&board(BOARD));
    run.advance(Duration::from_millis(7_300), u64::MAX);
    let mut trail = Vec::new();
    for _ in 0..30 {
        trail.push((run.now(), run.hash()));
        assert!(run.step());
    }
    for (_, hash) in trail.into_iter().rev() {
        assert!(run.step_back());
        assert_eq!(run.hash(), hash);
    }
}

#[test]
fn a_change_in_the_past_starts_a_branch_and_keeps_the_other() {
    let mut run = Run::new(&board(BOARD));
    run.advance(secs(12), u64::MAX);
    let lived = run.hash();
    run.seek(Instant::START + secs(5));
    run.fault("heal db=>copy".parse().unwrap()).unwrap();
    assert_eq!(run.branches().len(), 1);
    assert_eq!(
        (run.branches()[0].from, run.branches()[0].until),
        (Instant(5_000_000_000), Instant(12_000_000_000))
    );
    run.advance(secs(7), u64::MAX);
    assert_ne!(run.hash(), lived);
    assert_eq!(run.marks().iter().filter(|m| m.text.contains("healed")).count(), 2, "{:?}", run.marks());
}

#[test]
fn a_fault_that_names_nothing_is_refused_in_words_and_changes_nothing() {
    let mut run = Run::new(&board(BOARD));
    run.advance(secs(1), u64::MAX);
    let before = run.hash();
    for (fault, says) in [
        ("crash dbb", "There is no machine “dbb” on the board."),
        ("cut lb->copy", "There is no line “lb->copy” on the board."),
        ("drop-cache db", "“drop-cache db” means nothing to that machine."),
    ] {
        assert_eq!(run.fault(fault.parse().unwrap()), Err(says.to_string()));
    }
    assert_eq!(run.hash(), before);
}

/// A run that is drawn upon while it runs goes on with the data that it has.
#[test]
fn an_edit_keeps_what_the_machines_hold() {
    let mut run = Run::new(&board(BOARD));
    run.advance(Duration::from_millis(2_500), u64::MAX);
    let mut edited = run.document().clone();
    edited.machines[2].name = "store".into();
    edited.links[1].to = "store".into();
    edited.links[2].from = "store".into();
    run.edit(&edited, &[("db".into(), "store".into())], "db is called store").unwrap();
    let held = |run: &Run| {
        let frame = run.frame(None);
        frame.machines[2].chip.as_ref().map(|c| c.version)
    };
    assert!(held(&run).is_some_and(|v| v > 0), "the renamed database still holds its rows");
    let operations = run.state().judge().operations();
    run.advance(secs(2), u64::MAX);
    assert!(run.state().judge().operations() > operations + 100);
}

#[test]
fn the_pinned_run_is_the_pinned_run() {
    let hash = super::pinned::run();
    assert_eq!(hash, super::pinned::HASH, "this run's hash is {hash:#018x}");
}

/// All that can be said of a run, proofs with what was kept around them.
fn all_of(run: &Run) -> String {
    let samples: Vec<String> = run.samples().iter().map(|s| format!("{s:?}")).collect();
    format!("{}\n{}\n{}\n{samples:#?}", run.hash(), run.report(), report::proofs(run.state()))
}

#[test]
fn a_judge_beside_the_run_changes_nothing() {
    let boards = [
        BOARD.to_string(),
        // Traffic enough for many lines a beat, stale reads and lost writes, machines that fail by themselves.
        BOARD.replace("rate=120/s", "rate=3000/s").replace("at 6s", "at 4s"),
        BOARD
            .replace("db\ndatabase copy", "db workers=64 mttf=4s mttr=1s\ndatabase copy")
            .replace("120/s", "1500/s"),
    ];
    for text in &boards {
        let document = board(text);
        let mut here = Run::new(&document);
        let mut there = Run::new(&document).judged_at(Thread::place);
        let mut budget = 1;
        for second in [4, 9, 20] {
            here.advance_to(Instant::START + secs(second), u64::MAX);
            while !there.advance_to(Instant::START + secs(second), budget) {
                budget = budget * 71 % 30_011 + 1;
            }
            for run in [&mut here, &mut there] {
                run.fault("slow copy x2".parse::<Fault>().unwrap()).unwrap();
                let mut edited = run.document().clone();
                edited.title += "!";
                edited.machines.retain(|machine| second != 20 || machine.name != "copy");
                edited.links.retain(|link| second != 20 || link.to != "copy");
                edited.schedule.retain(|_| second != 20);
                run.edit(&edited, &[], "edit").unwrap();
            }
            assert_eq!(all_of(&here), all_of(&there), "{text}");
        }
        assert!(here.state().judge().verdicts().iter().any(|v| v.state.is_broken()), "{text}");
        for run in [&mut here, &mut there] {
            run.seek(Instant::START + secs(5));
            run.step();
            run.advance(secs(3), u64::MAX);
        }
        assert_eq!(all_of(&here), all_of(&there), "after going back: {text}");
    }
}
