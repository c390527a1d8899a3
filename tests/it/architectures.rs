//! What each architecture of stores must be judged as: without faults, and with the faults that show what it is. Every
//! row is a board in the notation and what the judge has to say of its run.

use crate::board;
use tradeoff::run::Run;
use tradeoff::stdx::Instant;

/// Runs the board to its end and asks for the verdicts: "linearizable=holds read-your-writes=broken cap=acted AP".
pub fn check(name: &str, text: &str, expected: &str) {
    let document = board(text);
    let mut run = Run::new(&document);
    run.advance_to(Instant::START + document.until, u64::MAX);
    let judge = &run.state().judge;
    let verdicts = judge.verdicts();
    for pair in expected.split(", ") {
        let (id, wanted) = pair.split_once('=').unwrap();
        let found = match id {
            "cap" => judge.cap().label.name().to_string(),
            _ => {
                let verdict = verdicts.iter().find(|v| v.id == id);
                verdict.unwrap_or_else(|| panic!("no verdict {id}")).state.name().to_string()
            }
        };
        let all: Vec<String> = verdicts.iter().map(|v| format!("{} {}", v.id, v.state.name())).collect();
        let cap = judge.cap().label.name();
        assert_eq!(found, wanted, "{name}: {id}; {} operations; {cap}; {all:?}", judge.operations());
    }
}

/// Users who write and read few keys through one application server.
const SHOP: &str = "
seed 3
until 40s
users shoppers  rate=200/s population=20 keys=5 reads=60% timeout=1s
app-server app  workers=16 service=exp(4ms)
database db
shoppers -> app -> db  latency=1ms
";

fn shop(more: &str) -> String {
    format!("{SHOP}{more}")
}

#[test]
fn one_database_is_linearizable_and_a_crash_only_stops_it() {
    let all = "linearizable=holds, read-your-writes=holds, monotonic-reads=holds, causal=holds";
    check("no fault", &shop(""), all);
    check("crash", &shop("at 10s crash db\nat 12s restart db\n"), all);
    check("its host", &shop("at 10s crash db host\nat 12s restart db\n"), all);
}

/// With one slave 40 ms behind and another 150 ms; `reads` says whom the application asks.
fn slaves(reads: &str, line: &str, more: &str) -> String {
    let text = shop(&format!(
        "database copy\ndatabase copy2\napp -> copy latency=1ms\napp -> copy2 latency=1ms\n\
         db => copy latency=40ms {line}\ndb => copy2 latency=150ms {line}\n{more}"
    ));
    // One key: with several, who reads two of them at two copies sees one author's writes in the wrong order as well.
    text.replace("service=exp(4ms)", &format!("service=exp(4ms) reads={reads}")).replace("keys=5", "keys=1")
}

#[test]
fn whom_reads_ask_decides_what_they_may_see() {
    for (reads, expected) in [
        ("primary", "linearizable=holds, read-your-writes=holds, monotonic-reads=holds"),
        (
            "any",
            "linearizable=broken, read-your-writes=broken, monotonic-reads=broken, monotonic-writes=holds",
        ),
        (
            "sticky",
            "linearizable=broken, read-your-writes=broken, monotonic-reads=holds, monotonic-writes=holds",
        ),
        (
            "wait",
            "linearizable=broken, read-your-writes=holds, monotonic-reads=holds, monotonic-writes=holds",
        ),
    ] {
        check(reads, &slaves(reads, "mode=async", ""), expected);
    }
}

#[test]
fn synchronous_to_all_is_not_linearizable_when_any_copy_is_read() {
    let sync = slaves("any", "mode=sync ack=applied", "");
    check("synchronous", &sync, "linearizable=broken, read-your-writes=holds, monotonic-writes=holds");
    let semi = slaves("any", "mode=semi-sync", "");
    check("semi-synchronous", &semi, "linearizable=broken, read-your-writes=broken, monotonic-writes=holds");
}

#[test]
fn a_promotion_loses_what_was_not_shipped_and_clients_see_it() {
    let faults = "at 20s crash db host\nat 20100ms promote copy\n";
    let behind = slaves("primary", "shipping=200ms", faults);
    check("asynchronous", &behind, "linearizable=broken");
    let waits = slaves("primary", "mode=semi-sync", faults);
    check("semi-synchronous", &waits, "linearizable=holds, read-your-writes=holds");
}

/// Two halves of the world, each with a master of its own.
fn world(line: &str, more: &str) -> String {
    format!(
        "
seed 11
until 60s
users london     rate=40/s keys=3 alternate=on population=4 timeout=2s
users sydney     rate=40/s keys=3 alternate=on population=4 timeout=2s
app-server west  workers=8 service=exp(8ms)
app-server east  workers=8 service=exp(8ms)
database one
database two
london -> west -> one  latency=1ms
sydney -> east -> two  latency=1ms
one <=> two            latency=60ms {line}
{more}"
    )
}

#[test]
fn masters_that_answer_at_once_act_ap_and_a_wrong_clock_makes_it_no_better() {
    let cut = "at 10s cut one<=>two\nat 30s heal one<=>two\n";
    check("last write wins", &world("", cut), "linearizable=broken, cap=acted AP");
    check("version vectors", &world("conflicts=versions", cut), "linearizable=broken, cap=acted AP");
    check("a skewed clock", &world("", "at 5s skew two -10s\n"), "read-your-writes=broken");
    check("right clocks", &world("", ""), "read-your-writes=holds");
}

/// Four colleges and their students: each tells the other three.
fn colleges(line: &str, cut: bool) -> String {
    let mut text = "seed 29\nuntil 60s\n".to_string();
    for n in 1..=4 {
        text += &format!(
            "users students{n}  rate=15/s reads=70% keys=3 login=off timeout=2s\ndatabase college{n}\n"
        );
        text += &format!("students{n} -> college{n}  latency=1ms\n");
    }
    for (a, b) in [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)] {
        text += &format!("college{a} <=> college{b}  latency=5ms {line}\n");
        let across = (a % 2) != (b % 2);
        if cut && across {
            text += &format!("at 10s cut college{a}<=>college{b}\nat 40s heal college{a}<=>college{b}\n");
        }
    }
    text
}

#[test]
fn four_colleges_are_consistent_or_available_once_they_are_parted() {
    let atomic = "conflicts=certification reads=synced";
    check("consistent, parted", &colleges(atomic, true), "linearizable=holds, cap=acted CP");
    check("consistent, whole", &colleges(atomic, false), "linearizable=holds");
    check("available, parted", &colleges("", true), "linearizable=broken, cap=acted AP");
}

#[test]
fn an_elected_and_fenced_master_stays_linearizable_through_its_isolation() {
    let isolated = |line: &str| {
        format!(
            "
seed 5
until 60s
users shoppers  rate=100/s reads=70% keys=10 timeout=1s population=20
app-server app  workers=16 service=exp(4ms)
database db
database copy
database witness
shoppers -> app -> db  latency=1ms
app -> copy            latency=1ms
db => copy             promotion=automatic heartbeat=200ms misses=5 {line}
db .. witness
copy .. witness
at 20s cut db=>copy
at 20s cut db..witness
at 40s heal all
"
        )
    };
    check("fenced", &isolated("mode=sync"), "linearizable=holds");
    check("not fenced", &isolated("fencing=off"), "linearizable=broken");
}
