//! What becomes of whoever has a disk when it is full, when it is lost, and when a crash follows: boards, and what their
//! users are told.

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

/// A field of the report by its path, `machine.field` for that of a machine; 0 where there is none.
fn at(report: &Json, path: &str) -> u64 {
    let (first, field) = path.split_once('.').unwrap();
    let machine = report["machines"].as_array().unwrap().iter().find(|m| m["name"] == first);
    match (first, machine) {
        ("errors", _) => report["operations"]["errors"][field].as_u64().unwrap_or(0),
        (_, Some(machine)) => machine[field].as_u64().unwrap_or(0),
        _ => panic!("no machine {first}"),
    }
}

const JOBS: &str = "
users users rate=20/s jobs=100%
app-server web
job-queue queue
worker worker service=1s concurrency=2
users -> web -> queue
worker -> queue
at 10s traffic users x0
";

const PAGES: &str = "
users users rate=50/s pages=100% keys=2000 zipf=0
static-store edge
app-server web
users -> edge -> web
";

const RENDERED: &str = "
users users rate=50/s reads=100% keys=20
static-store edge
scheduler cron every=4s pages=20
app-server web
database db
users -> edge -> web -> db
cron -> web
cron -> edge
";

const FILES: &str = "
users users rate=50/s pages=100% login=off
static-store edge
users -> edge
";

/// What it is called, the board, the faults, and the least and the most of fields of the report.
type Case<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, u64, u64)]);

#[test]
fn a_full_or_lost_disk_costs_what_was_to_be_written_to_it() {
    let disk = "errors.disk full or lost";
    let cases: &[Case] = &[
        (
            "jobs, well",
            JOBS,
            "",
            &[(disk, 0, 0), ("queue.jobs_lost", 0, 0), ("worker.jobs_delivered", 35, 40)],
        ),
        // Half of the jobs come after 5 s; those before are handed out.
        (
            "jobs, full",
            JOBS,
            "at 5s fill-disk queue",
            &[(disk, 85, 130), ("queue.jobs_lost", 0, 0), ("worker.jobs_delivered", 35, 40)],
        ),
        (
            "jobs, lost",
            JOBS,
            "at 5s lose-disk queue",
            &[(disk, 85, 130), ("queue.jobs_lost", 0, 0), ("worker.jobs_delivered", 35, 40)],
        ),
        (
            "jobs, put in order",
            JOBS,
            "at 5s fill-disk queue\nat 6s crash queue\nat 7s restart queue",
            &[(disk, 10, 30), ("queue.jobs_lost", 0, 0)],
        ),
        (
            "jobs, lost, then a crash",
            JOBS,
            "at 5s lose-disk queue\nat 6s crash queue\nat 7s restart queue",
            &[(disk, 10, 30), ("queue.jobs_lost", 70, 110)],
        ),
        ("pages, well", PAGES, "", &[(disk, 0, 0), ("edge.entries", 750, 1050), ("edge.misses", 750, 1050)]),
        (
            "pages, full",
            PAGES,
            "at 10s fill-disk edge",
            &[(disk, 0, 0), ("edge.entries", 380, 460), ("edge.misses", 790, 1050)],
        ),
        (
            "pages, lost",
            PAGES,
            "at 10s lose-disk edge",
            &[(disk, 0, 0), ("edge.entries", 0, 0), ("edge.misses", 850, 1060)],
        ),
        ("rendered, well", RENDERED, "", &[("edge.failed", 0, 0), ("edge.entries", 20, 20)]),
        (
            "rendered, full",
            RENDERED,
            "at 10s fill-disk edge",
            &[("edge.failed", 40, 60), ("edge.entries", 20, 20)],
        ),
        ("files, full", FILES, "at 10s fill-disk edge", &[(disk, 0, 0)]),
        (
            "files, lost",
            FILES,
            "at 10s lose-disk edge\nat 15s crash edge\nat 16s restart edge",
            &[(disk, 200, 300)],
        ),
    ];
    let mut wrong = Vec::new();
    for (name, text, faults, expected) in cases {
        let report = report(&format!("seed 5\nuntil 20s\n{text}{faults}\n"));
        for (path, least, most) in *expected {
            let found = at(&report, path);
            if !(*least..=*most).contains(&found) {
                wrong.push(format!("{name}: {path} is {found}, not {least} to {most}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
