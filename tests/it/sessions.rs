//! Sessions in a store of their own: who is logged out when a part of it dies.

use super::board;
use serde_json::Value as Json;
use tradeoff::run::Run;
use tradeoff::stdx::Instant;

fn report(store: &str, faults: &str) -> Json {
    let (store, copies) = store.split_once(" on ").unwrap_or((store, "1"));
    let document = board(&format!(
        "seed 9\nuntil 40s\nusers u load=closed population=100 think=2s\nload-balancer lb\n\
         app-server web clones=3 workers=20 service=2ms sessions=central session-copies={copies} cache-use=objects\n\
         session-store sessions {store}\ncache results\ndatabase db\nu -> lb -> web -> db\nweb -> sessions\n\
         web -> results\n{faults}"
    ));
    let mut run = Run::new(&document);
    run.advance_to(Instant::START + document.until, u64::MAX);
    run.report()
}

fn of(report: &Json, machine: &str, field: &str) -> u64 {
    let machines = report["machines"].as_array().expect("machines");
    let found = machines.iter().find(|m| m["name"] == machine).unwrap_or_else(|| panic!("no {machine}"));
    found[field].as_u64().unwrap_or(0)
}

#[test]
fn who_is_logged_out_is_whose_session_is_gone() {
    let crash = "at 20s crash sessions\nat 20100ms restart sessions\n";
    let one = "at 20s crash sessions-1\nat 20100ms restart sessions-1\n";
    for (store, faults, least, most) in [
        ("", "", 0, 0),
        ("", "at 20s crash web-1\nat 21s restart web-1\n", 0, 0),
        ("", crash, 100, 100),
        ("", "at 20s drop-cache sessions\n", 100, 100),
        ("", "at 20s drop-cache results\n", 0, 0),
        ("kept=disk", crash, 0, 0),
        (
            "kept=disk",
            "at 20s lose-disk sessions\nat 20050ms crash sessions\nat 20100ms restart sessions\n",
            100,
            100,
        ),
        ("clones=2", one, 35, 65),
        ("clones=2 on 2", one, 0, 0),
        ("clones=3 on 2", one, 0, 0),
        ("clones=3 on 2", "at 20s crash sessions-1 host\nat 25s restart sessions-1\n", 0, 0),
        // Who wrote nothing since the first was empty again has one copy only.
        (
            "clones=2 on 2",
            "at 20s crash sessions-1\nat 21s restart sessions-1\nat 22s crash sessions-2\n",
            10,
            100,
        ),
        // A single node has nowhere else to go.
        (" on 2", crash, 100, 100),
        ("lifetime=1s", "", 500, 2_000),
        ("entries=50", "", 50, 2_000),
    ] {
        let report = report(store, faults);
        let lost = of(&report, "u", "sessions_lost");
        assert!((least..=most).contains(&lost), "{store} {faults}: {lost} were logged out");
        let stores =
            if store.starts_with("clones=") { ["sessions-1", "sessions-2"] } else { ["sessions", "results"] };
        let gone: u64 = stores.iter().map(|name| of(&report, name, "sessions_lost")).sum();
        let ran_out: u64 = stores.iter().map(|name| of(&report, name, "expired")).sum();
        assert!(gone + ran_out >= lost, "{store} {faults}: {lost} were logged out, but it lost {gone}");
        let verdicts = report["verdicts"].as_array().expect("verdicts");
        let kept = verdicts.iter().find(|v| v["id"] == "sessions-kept").expect("it is judged");
        assert_eq!(kept["state"], if lost > 0 { "broken" } else { "holds" }, "{store} {faults}");
    }
}
