//! What the report says of each machine: counts that only the whole can know, prices, and that they agree with the
//! verdicts and with the drawing.

use super::board;
use serde_json::Value as Json;
use tradeoff::run::Run;
use tradeoff::stdx::Instant;

fn report(text: &str) -> Json {
    let document = board(text);
    let mut run = Run::new(&document);
    run.advance_to(Instant::START + document.until, u64::MAX);
    run.report()
}

/// A number of a machine; None where it is not reported.
fn of(report: &Json, machine: &str, field: &str) -> Option<f64> {
    let machines = report["machines"].as_array().expect("machines");
    let found = machines.iter().find(|m| m["name"] == machine).unwrap_or_else(|| panic!("no {machine}"));
    found[field].as_f64()
}

fn sum(report: &Json, field: &str) -> f64 {
    report["machines"].as_array().expect("machines").iter().filter_map(|m| m[field].as_f64()).sum()
}

fn broken(report: &Json, verdict: &str) -> f64 {
    let verdicts = report["verdicts"].as_array().expect("verdicts");
    let found = verdicts.iter().find(|v| v["id"] == verdict).unwrap_or_else(|| panic!("no {verdict}"));
    found["count"].as_f64().unwrap_or(0.0)
}

const CACHED: &str = "seed 4\nuntil 20s\nusers shoppers rate=150/s keys=50\n\
     app-server app workers=16 service=exp(4ms) cache-use=objects ON\n\
     cache cache\ndatabase db\nshoppers -> app -> db\napp -> cache\n";

const COPIED: &str = "seed 5\nuntil 30s\nusers shoppers rate=200/s keys=50 reads=50%\n\
     app-server app workers=16 service=exp(4ms) reads=READS\ndatabase db\ndatabase copy\n\
     shoppers -> app -> db\napp -> copy\ndb => copy SHIPPING\n";

#[test]
fn stale_answers_are_counted_where_they_came_from() {
    let stale = report(&CACHED.replace("ON", "cache-ttl=5s on-write=nothing"));
    assert!(of(&stale, "cache", "stale_answers") > Some(100.0), "the cache is not told: {stale:#}");
    assert_eq!(of(&stale, "db", "stale_answers"), Some(0.0), "the database has the newest");
    // Whoever hands a stale answer on gives it too; requests that come later to the cache find more of it stale.
    assert!(of(&stale, "app", "stale_answers") <= of(&stale, "cache", "stale_answers"));
    assert!(of(&stale, "shoppers", "stale_answers") > Some(100.0));

    let told = report(&CACHED.replace("ON", "on-write=leases"));
    assert!(of(&told, "cache", "reads_answered") > Some(100.0));
    assert!(
        of(&told, "cache", "stale_answers") < Some(10.0),
        "only between a write and its delete: {told:#}"
    );

    let copied = report(&COPIED.replace("READS", "any").replace("SHIPPING", "shipping=200ms"));
    assert_eq!(of(&copied, "db", "stale_answers"), Some(0.0));
    assert!(of(&copied, "copy", "stale_answers") > Some(100.0));
    let primary = report(&COPIED.replace("READS", "primary").replace("SHIPPING", "shipping=200ms"));
    assert_eq!(sum(&primary, "stale_answers"), 0.0);
    assert_eq!(of(&primary, "copy", "stale_answers"), None, "it answers no reads");
    for all in [&stale, &told, &copied, &primary] {
        assert_eq!(of(all, "shoppers", "stale_answers"), Some(broken(all, "fresh")), "as the verdict says");
    }
}

#[test]
fn the_warm_up_is_not_counted() {
    let document = board(&CACHED.replace("ON", "cache-ttl=5s on-write=nothing"));
    let mut run = Run::new(&document);
    run.advance_to(Instant(10_000_000_000), u64::MAX);
    let first = run.report();
    run.measure();
    run.advance_to(Instant(20_000_000_000), u64::MAX);
    let (second, field) = (run.report(), "stale_answers");
    let all = report(&CACHED.replace("ON", "cache-ttl=5s on-write=nothing"));
    let part = |r: &Json| of(r, "cache", field).expect("it answers");
    assert_eq!(part(&first) + part(&second), part(&all));
}

#[test]
fn acknowledged_writes_are_lost_with_the_last_copy() {
    let promoted = "at 10s crash db host\nat 12s promote copy\nat 20s restart db\n";
    let lost = |board: String| {
        let report = report(&board);
        assert_eq!(
            sum(&report, "acknowledged_writes_lost"),
            broken(&report, "durable"),
            "as the verdict says"
        );
        report
    };
    let late = COPIED.replace("READS", "primary").replace("SHIPPING", "shipping=200ms");
    let tail = lost(late.clone() + promoted);
    assert!(of(&tail, "db", "acknowledged_writes_lost") > Some(5.0), "the old master's tail: {tail:#}");
    assert_eq!(of(&tail, "copy", "acknowledged_writes_lost"), Some(0.0));
    assert_eq!(of(&tail, "app", "acknowledged_writes_lost"), None, "it keeps no copy");
    let waits = COPIED.replace("READS", "primary").replace("SHIPPING", "mode=sync");
    assert_eq!(sum(&lost(waits + promoted), "acknowledged_writes_lost"), 0.0);
    // The copy has all but the last writes; the master's disk takes those along.
    let disk = lost(late + "at 10s lose-disk db\n");
    assert!(of(&disk, "db", "acknowledged_writes_lost") > Some(5.0));
    let unflushed = lost(
        "seed 1\nuntil 20s\nusers u rate=100/s reads=0% keys=50\ndatabase db durable=off\nu -> db\nat 10.3s crash db\nat 12s restart db\n"
            .into(),
    );
    assert!(of(&unflushed, "db", "acknowledged_writes_lost") > Some(5.0));
}

#[test]
fn what_a_conflict_throws_away_is_counted_where_it_was_kept_last() {
    let parted = |conflicts: &str| {
        report(&format!(
            "seed 11\nuntil 30s\nusers london rate=40/s keys=3 reads=50%\nusers sydney rate=40/s keys=3 reads=50%\n\
             database one\ndatabase two\nlondon -> one\nsydney -> two\none <=> two latency=60ms conflicts={conflicts}\n\
             at 5s cut one<=>two\nat 15s heal one<=>two\nat 28s traffic london x0\nat 28s traffic sydney x0\n"
        ))
    };
    let last = parted("last-write-wins");
    assert!(sum(&last, "acknowledged_writes_discarded") > 10.0);
    assert_eq!(sum(&last, "acknowledged_writes_discarded"), broken(&last, "nothing-discarded"));
    assert_eq!(sum(&last, "acknowledged_writes_lost"), 0.0);
    assert_eq!((of(&last, "one", "keys_behind"), of(&last, "two", "keys_behind")), (Some(0.0), Some(0.0)));
    let first = parted("certification");
    assert_eq!(sum(&first, "acknowledged_writes_discarded"), 0.0);
}

#[test]
fn who_hands_requests_on_has_times_and_numbers_in_system_too() {
    for (middle, behind) in
        [("load-balancer mid", "app-server end clones=2"), ("shard-router mid", "database end")]
    {
        let report = report(&format!(
            "seed 2\nuntil 60s\nusers u rate=100/s login=off\n{middle}\n{behind} workers=8\nu -> mid -> end\n\
             at 20s slow end x3\nat 30s crash mid\nat 31s restart mid\nat 40s slow end x1\n"
        ));
        let machines = report["machines"].as_array().expect("machines");
        let mid = machines.iter().find(|m| m["name"] == "mid").expect("it is there");
        let times = |name: &str| mid[name]["mean_s"].as_f64().unwrap_or_else(|| panic!("{name} of {mid:#}"));
        let count = mid["sojourn"]["count"].as_f64().expect("answers");
        let ends = ["completions", "refused", "failed", "timed_out"].map(|f| mid[f].as_f64().unwrap_or(0.0));
        assert_eq!(count, ends.iter().sum::<f64>(), "{mid:#}");
        assert!((times("wait") + times("service") - times("sojourn")).abs() < 1e-9);
        let little = count * times("sojourn") / 60.0;
        let number = mid["mean_in_system"].as_f64().expect("a number in system");
        assert!(number > 0.1 && (number - little).abs() < 0.02 * number + 0.01, "{number}, not {little}");
    }
}

#[test]
fn what_was_in_the_cart_is_counted_with_the_session() {
    let board = |sessions: &str| {
        report(&format!(
            "seed 2\nuntil 30s\nusers u load=closed population=50 think=1s reads=50%\napp-server web workers=50 sessions={sessions}\n\
             database db\nu -> web -> db\nat 20s crash web\nat 21s restart web\n"
        ))
    };
    let lost = board("memory");
    let of = |field: &str| of(&lost, "u", field).unwrap_or(0.0);
    assert!(
        of("carts_lost") > 40.0 && of("carts_lost") <= of("sessions_lost") && of("sessions_lost") >= 50.0
    );
    assert!(of("cart_items_lost") > 3.0 * of("carts_lost"), "some ten writes each");
    assert_eq!(sum(&board("cookie"), "cart_items_lost"), 0.0);
}

#[test]
fn every_machine_of_a_card_has_its_price() {
    for (card, machines) in [
        ("app-server x clones=4 host=own", 4),
        ("worker x clones=3", 3),
        ("cache x clones=3 size=l", 3),
        ("static-store x clones=2", 2),
        ("consensus-group x clones=5", 5),
        ("quorum-store x", 3),
        ("quorum-store x clones=5", 5),
        ("database x", 1),
        ("load-balancer x", 1),
    ] {
        let word = card.split_whitespace().next().expect("a word");
        let rest: Vec<&str> = card.split_whitespace().skip(2).filter(|s| !s.starts_with("clones")).collect();
        let clones = if machines > 1 { "clones=1" } else { "" };
        let all = report(&format!("until 1s\n{card}\n"));
        let one = report(&format!("until 1s\n{word} x {clones} {}\n", rest.join(" ")));
        let price = |r: &Json| r["price_per_hour"].as_f64().expect("a price");
        assert_eq!(all["machines"].as_array().map(Vec::len), Some(machines), "{card}");
        assert!((price(&all) / price(&one) - machines as f64).abs() < 1e-9, "{card}");
        assert!(
            (sum(&all, "price_per_hour") - price(&all)).abs() < 1e-9,
            "{card}: the machines' prices are the card's"
        );
    }
}

/// A primary dies with what it has not shipped, and a copy takes its place: whether it ever comes back or not, the report
/// says what that one crash has cost.
#[test]
fn each_crash_says_what_it_lost_and_how_old_that_was() {
    let board = COPIED.replace("READS", "any").replace("SHIPPING", "shipping=200ms");
    for back in ["", "at 20s restart db\n"] {
        let report = report(&format!("{board}at 10s crash db host\nat 12s promote copy\n{back}"));
        let crashes = report["crashes"].as_array().expect("crashes");
        assert_eq!(
            (crashes.len(), &crashes[0]["machine"], &crashes[0]["at_s"]),
            (1, &"db".into(), &10.0.into())
        );
        let figure = |name: &str| crashes[0][name].as_f64().unwrap_or(-1.0);
        assert!(figure("lost_writes") >= 1.0, "{crashes:?}");
        assert_eq!(figure("lost_writes"), broken(&report, "durable"), "all of them go back to the one crash");
        assert_eq!(Some(figure("lost_writes")), of(&report, "db", "acknowledged_writes_lost"));
        let (oldest, newest) = (figure("oldest_lost_s"), figure("newest_lost_s"));
        assert!(0.0 <= newest && newest <= oldest && oldest < 0.3, "not shipped yet: {crashes:?}");
        assert!(figure("rto_writes_s") >= 2.0 && figure("rto_reads_s") < 2.0, "{crashes:?}");
    }
}

#[test]
fn a_planned_fault_that_changes_nothing_is_told() {
    let report = report(
        "seed 1\nuntil 10s\nusers users rate=5/s\ndatabase db\ndatabase copy\nusers -> db => copy\n\
         at 1s promote db\nat 2s deploy copy 2\nat 3s slow db x2\nat 4s promote copy\nat 5s lose-disk users\n",
    );
    let told: Vec<(f64, &str)> = report["without_effect"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| (v["at_s"].as_f64().unwrap(), v["why"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (1.0, "“promote db” means nothing to that machine."),
            (2.0, "“deploy copy 2” means nothing to that machine."),
            (5.0, "“lose-disk users” means nothing to that machine."),
        ]
    );
}

#[test]
fn who_is_what_and_runs_which_code_is_reported() {
    let report = report(
        "seed 1\nuntil 30s\nusers users rate=50/s login=off\nload-balancer one\nload-balancer two\n\
         app-server web clones=3 deploy=forgot-one reads=any\ndatabase db\ndatabase copy\nconsensus-group group clones=3\n\
         users -> one -> web -> db\nusers -> two -> web -> copy\none .. two\n\
         db => copy promotion=automatic quorum=off fencing=off old-master=stays heartbeat=200ms\n\
         at 5s deploy web 2\nat 10s cut one..two\nat 10s cut db=>copy\n",
    );
    let all = |card: &str, field: &str| -> Vec<String> {
        let machines = report["machines"].as_array().unwrap().iter().filter(|m| m["card"] == card);
        machines.map(|m| m[field].to_string().replace('"', "")).collect()
    };
    assert_eq!(all("web", "version"), ["2", "2", "1"]);
    // Nobody hears the other: two actives, two masters.
    assert_eq!([all("one", "role"), all("two", "role")], [["active"], ["active"]]);
    assert_eq!([all("db", "role"), all("copy", "role")], [["primary"], ["primary"]]);
    let mut group = all("group", "role");
    group.sort();
    assert_eq!(group, ["follower", "follower", "leader"]);
    assert_eq!(all("users", "role"), ["null"]);
}
