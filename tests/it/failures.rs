//! Machines, lines and zones that fail: what the report says of it. Every row is a board in the notation and what its
//! report has to say.

use super::board;
use serde_json::Value as Json;
use tradeoff::run::Run;
use tradeoff::stdx::{Duration, Instant};

fn report(text: &str) -> Json {
    let document = board(text);
    let mut run = Run::new(&document);
    run.advance_to(Instant::START + document.until, u64::MAX);
    run.report()
}

/// The number at a path such as `services/0/mttf_s`.
fn at(report: &Json, path: &str) -> f64 {
    let found = report.pointer(&format!("/{path}")).and_then(Json::as_f64);
    found.unwrap_or_else(|| panic!("no number at {path}: {}", report["services"]))
}

/// Every expected number within its relative tolerance.
fn check(name: &str, text: &str, expected: &[(&str, f64, f64)]) {
    let report = report(text);
    for (path, wanted, tolerance) in expected {
        let found = at(&report, path);
        assert!((found / wanted - 1.0).abs() <= *tolerance, "{name}: {path} is {found}, not {wanted}");
    }
}

/// Two that serve the same, and what is said of each.
fn two(server: &str, crews: u32) -> String {
    format!(
        "seed 3\nuntil 50000000s\nzone dc repair-crews={crews}\nusers shoppers rate=0/s\n\
         load-balancer lb health=none\napp-server web in dc clones=2 mttf=1000s mttr=10s {server}\nshoppers -> lb -> web\n"
    )
}

#[test]
fn two_together_fail_as_the_formulas_say() {
    let down = "services/0/downtime_per_year_s";
    let year = 365.25 * 86_400.0;
    check("a crew each", &two("", 0), &[(down, year * 9.80296e-5, 0.1)]);
    let one_crew = [(down, year * 1.9604e-4, 0.1), ("services/0/mttf_s", 51_500.0, 0.1)];
    check("one crew", &two("", 1), &one_crew);
    check("one crew", &two("", 1), &[("machines/2/availability", 0.990_001, 0.001)]);
}

#[test]
fn a_cold_spare_does_not_age() {
    let cold = "seed 3\nuntil 40000000s\nzone dc repair-crews=1\nusers shoppers rate=0/s\n\
                app-server web in dc mttf=1000s mttr=10s spares=1\nshoppers -> web\n";
    let year = 365.25 * 86_400.0;
    let expected =
        [("services/0/downtime_per_year_s", year * 9.90001e-5, 0.1), ("services/0/mttf_s", 102_000.0, 0.1)];
    check("cold", cold, &expected);
    // Half of the takeovers fail: then it waits for the repair; the others take 30 s.
    let half = cold.replace("spares=1", "spares=9 takeover=30s coverage=50%").replace("mttr=10s", "mttr=90s");
    let half = half.replace("repair-crews=1", "repair-crews=0");
    check(
        "coverage",
        &half,
        &[("services/0/mean_down_s", 60.0, 0.05), ("services/0/mean_up_s", 1000.0, 0.05)],
    );
}

#[test]
fn lines_fail_as_machines_do_and_a_chain_is_as_good_as_all_its_parts() {
    let chain = "seed 5\nuntil 1000000s\nusers shoppers rate=0.05/s timeout=1s login=off\n\
                 app-server web\ndatabase db mttf=1000s mttr=10s recovery=0s\n\
                 shoppers -> web mttf=1000s mttr=10s\nweb -> db mttf=1000s mttr=10s\n";
    let a = 1.0 / 1.01_f64;
    let series = a * a * a;
    let expected = [
        ("services/0/availability", series, 0.002),
        ("services/0/probes/success", series, 0.005),
        ("services/0/mean_up_s", 1000.0 / 3.0, 0.1),
        ("machines/2/availability", a, 0.002),
        ("machines/1/availability", 1.0, 0.0),
    ];
    check("chain", chain, &expected);
}

#[test]
fn downtime_is_told_by_the_year_and_by_the_month() {
    for (whole, year, month) in [(100, 315_576.0, 25_920.0), (2_000, 15_778.8, 1_296.0)] {
        let text = format!(
            "until {whole}s\nusers shoppers rate=0/s\napp-server web\nshoppers -> web\nat {}s crash web\n",
            whole - 1
        );
        let expected = [
            ("services/0/downtime_per_year_s", year, 1e-12),
            ("services/0/downtime_per_30d_s", month, 1e-12),
            ("services/0/first_outage_s", whole as f64 - 1.0, 0.0),
        ];
        check("planned", &text, &expected);
    }
}

#[test]
fn what_fails_by_itself_is_told_and_can_be_gone_back_to() {
    let text = "seed 9\nusers shoppers rate=20/s timeout=1s\napp-server web mttf=20s mttr=5s failing=process\n\
                database db\nshoppers -> web -> db mttf=40s mttr=2s\n";
    let mut run = Run::new(&board(text));
    run.advance(Duration::from_secs(200), u64::MAX);
    let (hash, report) = (run.hash(), run.report());
    let told: Vec<String> = run.marks().into_iter().map(|m| m.text).collect();
    for words in ["web failed by itself", "web came back by itself", "web -> db failed by itself"] {
        assert!(told.iter().any(|t| t == words), "{words}: {told:?}");
    }
    run.seek(Instant::START + Duration::from_secs(70));
    run.seek(Instant::START + Duration::from_secs(200));
    assert_eq!((run.hash(), run.report()), (hash, report));
    // Event by event it is the same run, whatever fails between two events.
    let mut steps = Run::new(&board(text));
    while steps.now() < Instant::START + Duration::from_secs(20) {
        assert!(steps.step());
    }
    let mut whole = Run::new(&board(text));
    whole.advance_to(steps.now(), u64::MAX);
    assert_eq!(whole.state().wear.next(), steps.state().wear.next());
    // With nothing else under way it goes from failure to failure.
    let mut alone = Run::new(&board("app-server web mttf=20s\nusers shoppers rate=0/s\nshoppers -> web\n"));
    (0..20).for_each(|_| assert!(alone.step()));
    assert!(alone.now() > Instant::START + Duration::from_secs(1));
}

#[test]
fn a_machine_that_was_brought_back_by_hand_needs_no_repair() {
    let text =
        "until 4000000s\nusers shoppers rate=0/s\napp-server web mttf=1000s mttr=2000000s\nshoppers -> web\n";
    let mut run = Run::new(&board(text));
    while run.state().wear.whole() {
        run.advance(Duration::from_secs(1000), u64::MAX);
    }
    run.fault("restart web".parse().unwrap()).unwrap();
    assert!(run.state().wear.whole());
    assert_eq!(run.report()["machines"][1]["up"], true);
}

/// Two halves of the world, each with users, an application and a database; the west's is a copy of the east's.
const WORLD: &str = "
seed 4
until 20s
zone east region=virginia
zone west region=ireland
users east-users in east rate=20/s population=20 timeout=2s keys=3 login=off
users west-users in west rate=20/s population=20 timeout=2s keys=3 login=off
app-server east-web in east service=1ms timeout=1s
app-server west-web in west workers=100 service=1ms timeout=1s
database east-db in east read=1ms write=1ms
database west-db in west read=1ms write=1ms
east-users -> east-web -> east-db
west-users -> west-web -> east-db
east-db => west-db
";

/// Users' share of operations that ended well, and what the report says of the sides of the cut.
fn halves(more: &str) -> (f64, f64, Run) {
    let document = board(&format!("{WORLD}{more}"));
    let mut run = Run::new(&document);
    run.advance_to(Instant::START + document.until, u64::MAX);
    let report = run.report();
    (at(&report, "services/0/probes/success"), at(&report, "services/1/probes/success"), run)
}

#[test]
fn a_zone_is_as_far_from_another_as_their_regions() {
    let (east, west, run) = halves("");
    assert_eq!((east, west), (1.0, 1.0));
    // 81 ms round trip between the two regions: the west's application asks the east's database.
    let trace = |over: &str| {
        let hops = run.trace(Some(over)).expect("a request went there").hops;
        hops[0].answered.since(hops[0].arrived).as_millis()
    };
    assert!(trace("east-web") < 10.0, "{}", trace("east-web"));
    assert!(trace("west-web") > 80.0, "{}", trace("west-web"));
    // Its own latency counts in both directions and for every line that leaves the zone.
    let far = WORLD.replace("zone west region=ireland", "zone west latency=30ms");
    let mut run = Run::new(&board(&far));
    run.advance(Duration::from_secs(5), u64::MAX);
    let hops = run.trace(Some("west-web")).unwrap().hops;
    let took = hops[0].answered.since(hops[0].arrived).as_millis();
    assert!((60.0..70.0).contains(&took), "{took}");
}

#[test]
fn when_two_zones_are_parted_the_side_with_the_data_still_answers() {
    let (east, west, run) = halves("at 5s part east west\nat 15s join east west\n");
    assert_eq!(east, 1.0);
    assert!((0.45..0.6).contains(&west), "{west}");
    let windows = run.state().judge().cap().partitions;
    let sides = &windows[0].sides;
    assert_eq!((windows.len(), sides.len()), (1, 2));
    let well: Vec<bool> = sides.iter().map(|s| s.answers.all_well()).collect();
    assert_eq!(well, [true, false]);
    // One way is enough: questions come, answers do not go back.
    let (east, west, _) = halves("at 5s part east west forth\nat 15s join east west\n");
    assert!(east == 1.0 && west < 0.6, "{east} {west}");
    // Nothing to part where no line goes.
    let mut alone = Run::new(&board("zone a\nzone b\ndatabase x in a\ndatabase y in b\n"));
    let refused = alone.fault("part a b".parse().unwrap()).unwrap_err();
    assert_eq!(refused, "There is no line between a and b.");
}

#[test]
fn an_outage_takes_the_whole_zone_and_recovery_brings_it_back() {
    let (east, west, run) = halves("at 5s outage west\nat 10s recover west\n");
    assert_eq!(east, 1.0, "the other half of the world lives on");
    assert!((0.7..0.8).contains(&west), "{west}");
    let report = run.report();
    let down = report["machines"].as_array().unwrap().iter().filter(|m| m["outages"] == 1).count();
    assert_eq!(down, 2, "an application and a database; people are no machines");
    assert_eq!(at(&report, "services/1/availability"), 0.75);
    let (east, west, _) = halves("at 5s outage east\nat 10s recover east\n");
    assert!(east < 0.8 && west < 0.8, "without the east's database nobody is served: {east} {west}");
}

#[test]
fn a_host_can_be_blocked_for_the_users_of_a_zone() {
    let blocked =
        WORLD.replace("app-server west-web in west ", "app-server west-web in west blocked-in=west ");
    let report = report(&blocked);
    assert_eq!(at(&report, "services/1/probes/success"), 0.0);
    assert_eq!(at(&report, "services/0/probes/success"), 1.0);
    assert!(at(&report, "operations/errors/blocked") > 100.0);
}

/// A shop whose database keeps its data on a disk array, and its sessions too.
const ARRAY: &str = "
seed 6
until 30s
users shoppers rate=40/s population=20 keys=5 reads=50% timeout=2s
app-server web workers=32 service=1ms sessions=central
database db read=1ms write=1ms buffered=0%
disk-array disks level=raid5 disks=4 access=1ms rebuild=4s replace=0s
shoppers -> web -> db -> disks
web -> disks
";

#[test]
fn what_is_on_the_disks_is_lost_with_one_disk_too_many() {
    let run = |more: &str| report(&format!("{ARRAY}{more}"));
    let verdict = |report: &Json, id: &str| {
        let all = report["verdicts"].as_array().unwrap().clone();
        all.into_iter().find(|v| v["id"] == id).unwrap()["state"].as_str().unwrap().to_string()
    };
    let well = run("");
    assert_eq!((at(&well, "services/0/probes/success"), at(&well, "machines/3/usable_gb")), (1.0, 12_000.0));
    let one = run("at 5s lose-disk disks\nat 15s lose-disk disks\n");
    assert_eq!(at(&one, "services/0/probes/success"), 1.0, "each is rebuilt before the next");
    assert_eq!((at(&one, "machines/3/rebuilds"), verdict(&one, "durable").as_str()), (2.0, "holds"));
    let two = run(
        "at 5s lose-disk disks\nat 6s lose-disk disks\nat 15s restart disks\nat 15s crash db\nat 16s restart db\n",
    );
    assert_eq!((at(&two, "machines/3/data_losses"), verdict(&two, "durable").as_str()), (1.0, "broken"));
    assert_eq!(verdict(&two, "sessions-kept"), "broken");
    let full = run("at 5s fill-disk disks\n");
    assert_eq!(verdict(&full, "durable"), "holds");
    assert!(at(&full, "operations/errors/disk full or lost") > 100.0);
}
