//! Work for later as its users see it: accepted at once, asked after until it is done or given up.

use super::board;
use serde_json::Value as Json;
use tradeoff::run::Run;
use tradeoff::stdx::Instant;

/// What the report says of the users.
fn users(text: &str) -> Json {
    let document = board(text);
    let mut run = Run::new(&document);
    run.advance_to(Instant::START + document.until, u64::MAX);
    run.report()["machines"][0].clone()
}

const HEAD: &str = "seed 1\nuntil 60s\nusers u load=constant rate=2/s jobs=100% login=off";
const TAIL: &str = "at 20250ms traffic u x0\n";

/// Jobs accepted, done and given up.
fn ends(users: &Json) -> [u64; 3] {
    ["completions", "jobs_done", "jobs_given_up"].map(|field| users[field].as_u64().unwrap_or(0))
}

#[test]
fn every_accepted_job_is_asked_after_until_it_is_done_or_given_up() {
    let plain = "web -> queue\nworker -> queue\n";
    for (name, users_are, board, expected) in [
        ("done", "", format!("app-server web\njob-queue queue\nworker worker service=2s concurrency=20\nu -> web\n{plain}"), [40, 40, 0]),
        ("never asked", "poll=0s", format!("app-server web\njob-queue queue\nworker worker service=2s concurrency=20\nu -> web\n{plain}"), [40, 0, 0]),
        (
            "done in the request",
            "",
            "app-server web workers=20 job-service=2s\nu -> web\n".into(),
            [40, 0, 0],
        ),
        (
            "poison",
            "",
            format!("app-server web\njob-queue queue visibility=3s deliveries=2\nworker worker service=1s concurrency=20 poison=100%\nu -> web\n{plain}"),
            [40, 0, 40],
        ),
        (
            "acknowledged before the work",
            "",
            format!("app-server web\njob-queue queue\nworker worker service=2s concurrency=20 acknowledge=before\nu -> web\n{plain}"),
            [40, 40, 0],
        ),
        (
            "at most once",
            "",
            format!("app-server web\njob-queue queue delivery=at-most-once\nworker worker service=2s concurrency=20\nu -> web\n{plain}"),
            [40, 40, 0],
        ),
        (
            "in memory, and crashed",
            "",
            format!("app-server web\njob-queue queue durable=off\nworker worker service=2s concurrency=1\nu -> web\n{plain}at 20600ms crash queue\nat 21s restart queue\n"),
            // Ten were done, and of two of these nobody had asked yet: what has become of them is forgotten with the jobs.
            [40, 8, 32],
        ),
        (
            "on disk, and crashed",
            "",
            format!("app-server web\njob-queue queue\nworker worker service=1s concurrency=10\nu -> web\n{plain}at 20600ms crash queue\nat 21s restart queue\n"),
            [40, 40, 0],
        ),
        (
            "by way of an edge and a balancer to two queues",
            "timeout=2s",
            "static-store edge\nload-balancer lb\napp-server web clones=2\njob-queue queue\njob-queue other\nworker worker service=2s concurrency=20\n\
             u -> edge -> lb -> web -> queue\nweb -> other\nworker -> queue\nworker -> other\nat 21s cut u->edge\nat 26s heal u->edge\n"
                .into(),
            [40, 40, 0],
        ),
    ] {
        let users = users(&format!("{HEAD} {users_are}\n{board}{TAIL}"));
        assert_eq!(ends(&users), expected, "{name}: {users:#}");
        assert_eq!(users["polls"].is_null(), expected[1] + expected[2] == 0, "{name}");
    }
}

#[test]
fn the_time_to_done_is_measured_to_the_question_that_is_told_so() {
    let of = |poll: &str, work: &str| {
        let users = users(&format!(
            "{HEAD} poll={poll}\napp-server web service=1ms\njob-queue queue\nworker worker service={work} concurrency=40\n\
             u -> web -> queue\nworker -> queue\n{TAIL}"
        ));
        assert!(users["latency"]["max_s"].as_f64() < Some(0.02), "accepted at once: {users:#}");
        let time = |field: &str| users["time_to_done"][field].as_f64().expect("jobs were done");
        (time("mean_s"), time("max_s"), users["polls"].as_f64().expect("it was asked") / 40.0)
    };
    let near = |(mean, most, polls): (f64, f64, f64), at: f64, times: f64| {
        assert!((mean - at).abs() < 0.05 && (most - at).abs() < 0.05, "{mean} {most}, not {at}");
        assert_eq!(polls, times);
    };
    // Asked after 1 s, 2.5 s, 4.75 s and 8.125 s.
    near(of("1s", "500ms"), 1.0, 1.0);
    near(of("1s", "2s"), 2.5, 2.0);
    near(of("1s", "6s"), 8.125, 4.0);
    near(of("100ms", "200ms"), 0.25, 2.0);
}
