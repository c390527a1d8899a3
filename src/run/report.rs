//! What a run came to, for machines (JSON with documented fields) and for people (text). It measures nothing itself.
//!
//! Times are in seconds and end in `_s`, rates are a second and end in `_per_s`, shares are from 0 to 1. Means are exact,
//! percentiles are within 0.8 %. A field that does not apply to a machine is absent. `docs/report.md` lists them all.

use super::picture::split;
use super::state::State;
use super::timeline::Timeline;
use crate::components::parts::gauge::{Counters, Live, Portion};
use crate::components::parts::station::Tally;
use crate::components::{Component, Kind, Machine as _};
use crate::history::{Key, Process, SessionId, Value};
use crate::judge::staleness::{Reads, StalenessFigures};
use crate::judge::{Judge, Names, State as Judged, Verdict};
use crate::metrics::series::Total;
use crate::sim::{Condition, NodeId};
use crate::stdx::{Duration, Instant, histogram::Histogram};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The numbers of the history in the words of the board.
pub struct BoardNames<'a>(pub &'a State);

impl Names for BoardNames<'_> {
    fn session(&self, session: SessionId) -> String {
        // A session's number begins with that of the machine of its users.
        let node = NodeId(session.0 >> 20);
        let users = self.0.cast.card_of(node);
        match self.0.world.get(node).gauge().counters.sessions {
            1 => users.to_string(),
            _ => format!("{users} {}", session.0 & 0xF_FFFF),
        }
    }

    fn process(&self, process: Process) -> String {
        self.0.cast.name(NodeId(process.0)).to_string()
    }

    fn key(&self, key: Key) -> String {
        match key.number() {
            Some(number) => format!("row {number}"),
            None if key == Key::NEW => "a new row".into(),
            None => format!("key {}", key.0),
        }
    }

    fn value(&self, key: Key, value: Value) -> String {
        let place = self.0.versions.place(key, value, self.0.now());
        format!("v{}", place.version)
    }
}

/// What had been counted when the measuring began: nothing, or what the warm-up counted.
#[derive(Clone, Default)]
pub struct Before(Option<Arc<Warm>>);

struct Warm {
    at: Instant,
    events: u64,
    total: Total,
    staleness: Reads,
    /// By the machine's number; one that came later had counted nothing.
    machines: BTreeMap<NodeId, (Counters, Tally, Vec<Histogram>)>,
}

impl Before {
    pub fn of(state: &State) -> Before {
        let nodes = state.cast.cards.iter().flat_map(|card| &card.nodes);
        let machines = nodes.map(|node| (*node, counted(state, state.judge(), *node))).collect();
        let (at, events, total) = (state.now(), state.world.handled(), state.series.total.clone());
        let staleness = state.judge().staleness.reads().clone();
        Before(Some(Arc::new(Warm { at, events, total, staleness, machines })))
    }

    fn begin(&self) -> Instant {
        self.0.as_ref().map_or(Instant::START, |warm| warm.at)
    }

    fn total(&self, state: &State) -> Total {
        let total = &state.series.total;
        self.0.as_ref().map_or_else(|| total.clone(), |warm| total.since(&warm.total))
    }

    fn staleness(&self, state: &State) -> StalenessFigures {
        let reads = state.judge().staleness.reads();
        self.0.as_ref().map_or_else(|| reads.figures(), |warm| reads.since(&warm.staleness).figures())
    }

    fn machine(&self, state: &State, judge: &Judge, node: NodeId) -> (Counters, Tally, Vec<Histogram>) {
        let (counters, tally, spans) = counted(state, judge, node);
        match self.0.as_ref().and_then(|warm| warm.machines.get(&node)) {
            Some((c, t, s)) => {
                let since =
                    |(i, now): (usize, &Histogram)| s.get(i).map_or_else(|| now.clone(), |s| now.since(s));
                (counters.since(c), tally.since(t), spans.iter().enumerate().map(since).collect())
            }
            None => (counters, tally, spans),
        }
    }
}

fn counted(state: &State, judge: &Judge, node: NodeId) -> (Counters, Tally, Vec<Histogram>) {
    let component = state.world.get(node);
    let spans = component.spans().into_iter().map(|(_, spans)| spans.clone()).collect();
    let tally = component.tally().map_or_else(Tally::default, |t| t.until(state.now()));
    let mut counters = component.gauge().counters;
    state.readers.answers.count(node, judge, &mut counters);
    (counters, tally, spans)
}

/// The whole report as JSON, from the end of the warm-up on.
pub fn json(state: &State, timeline: &Timeline, before: &Before, goal: Option<Duration>) -> Json {
    let judge = state.judge().concluded(state.now());
    let total = before.total(state);
    let measured = (state.now() - before.begin()).as_secs();
    let per_s = |n: u64| if measured > 0.0 { n as f64 / measured } else { 0.0 };
    let behind: BTreeMap<Process, u64> = state.judge().replicas.convergence().behind.into_iter().collect();
    let machines: Vec<Json> = state
        .cast
        .cards
        .iter()
        .flat_map(|card| {
            let machine = state.document.machine(&card.name);
            let price = machine.map_or(0.0, |m| m.kind.price_per_hour(&m.settings));
            let share = price / card.nodes.len().max(1) as f64;
            card.nodes
                .iter()
                .map(|node| {
                    one(state, *node, (&card.name, card.kind, share), &behind, (before, &judge, goal))
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let mut report = json!({
        "title": state.document.title,
        "seed": state.document.seed,
        "simulated_s": state.now().as_secs(),
        "warm_up_s": (before.begin() - Instant::START).as_secs(),
        "measured_s": measured,
        "events": state.world.handled() - before.0.as_ref().map_or(0, |warm| warm.events),
        "hash": format!("{:016x}", state.hash()),
        "operations": {
            "invoked": total.invoked,
            "ok": total.ok,
            "failed": total.failed,
            "unknown": total.unknown,
            "in_flight": state.series.total.in_flight(),
            "throughput_per_s": per_s(total.ok),
            "goodput_per_s": per_s(total.good),
            "latency": spans(&total.latency, goal),
            "errors": total.errors.iter().map(|(c, n)| (c.name().to_string(), json!(n))).collect::<Map<_, _>>(),
        },
        "staleness": staleness(&before.staleness(state)),
        "services": super::upkeep::services(state),
        "machines": machines,
        "crashes": super::crashes::json(state, &judge),
        "verdicts": judge.verdicts().iter().map(|v| verdict(state, v)).collect::<Vec<_>>(),
        "cap": { "label": state.judge().cap().label.name(), "pacelc": state.judge().cap().pacelc.name() },
        "price_per_hour": super::picture::price_per_hour(state),
        "changes": timeline.marks().iter().map(|m| json!({ "at_s": m.at.as_secs(), "what": m.text })).collect::<Vec<_>>(),
    });
    if !state.vain.is_empty() {
        let vain = state.vain.iter().map(|(at, why)| json!({ "at_s": at.as_secs(), "why": why }));
        report["without_effect"] = vain.collect();
    }
    report
}

fn one(
    state: &State,
    node: NodeId,
    (card, kind, price): (&str, Kind, f64),
    behind: &BTreeMap<Process, u64>,
    (before, judge, goal): (&Before, &Judge, Option<Duration>),
) -> Json {
    let component = state.world.get(node);
    let gauge = component.gauge();
    let (counters, tally, others) = before.machine(state, judge, node);
    let mut fields = Map::new();
    let mut put = |name: &str, value: Json| _ = fields.insert(name.into(), value);
    put("name", json!(state.cast.name(node)));
    put("card", json!(card));
    put("component", json!(kind.info().word));
    put("up", json!(state.world.condition(node) == Condition::Up));
    put("price_per_hour", json!(price));
    super::upkeep::machine(&mut fields, state, node);
    let mut put = |name: &str, value: Json| _ = fields.insert(name.into(), value);
    for (name, count) in counters.list() {
        if count > 0 || BASIC.contains(&name) || of_kind(kind).contains(&name) {
            put(name, json!(count));
        }
    }
    if counters.reads_answered > 0 {
        put("stale_answers", json!(counters.stale_answers));
    }
    if state.judge().replicas.keeps(Process(node.0)) {
        put("acknowledged_writes_lost", json!(counters.acknowledged_writes_lost));
        put("acknowledged_writes_discarded", json!(counters.acknowledged_writes_discarded));
        put("keys_behind", json!(behind.get(&Process(node.0)).copied().unwrap_or(0)));
    }
    put("in_flight", json!(in_flight(component)));
    if let Some(role) = gauge.role {
        put("role", json!(super::picture::role(role)));
    }
    if gauge.version > 0 {
        put("version", json!(gauge.version));
    }
    if gauge.workers > 0 {
        put("workers", json!(gauge.workers));
        put("busy", json!(gauge.busy));
        put("waiting", json!(gauge.waiting));
    }
    let Counters { hits, misses, .. } = counters;
    if hits + misses > 0 {
        put("hit_ratio", json!(hits as f64 / (hits + misses) as f64));
    }
    if let Live::Behind(behind) = gauge.live {
        put("replication_lag_s", json!(behind.as_secs()));
    }
    if counters.data_losses > 0 {
        let measured = (state.now() - before.begin()).as_secs();
        put("mean_time_to_data_loss_s", json!(measured / counters.data_losses as f64));
    }
    let spread = component.spread();
    if !spread.is_empty() {
        let one = |p: &Portion| {
            let name = state.cast.name(NodeId(p.peer.0));
            json!({ "name": name, "share": p.share, "requests": p.requests })
        };
        let fair = 1.0 / spread.len() as f64;
        put("spread", json!(spread.iter().map(one).collect::<Vec<_>>()));
        put("largest_share_over_fair", json!(spread.iter().map(|p| p.share).fold(0.0, f64::max) / fair));
    }
    if component.tally().is_some() {
        let waited = 1.0 - tally.waits.share_within(Duration::ZERO).unwrap_or(1.0);
        let mut wait = spans(&tally.waits, goal);
        wait["waited"] = json!(waited);
        put("wait", wait);
        put("service", spans(&tally.services, goal));
        put("sojourn", spans(&tally.sojourns, goal));
        let measured = (state.now() - before.begin()).0 as f64;
        if measured > 0.0 {
            put("mean_in_system", json!(tally.in_system as f64 / measured));
            if gauge.workers > 0 {
                put("utilisation", json!(tally.busy as f64 / measured / gauge.workers as f64));
            }
        }
    }
    for ((name, _), times) in component.spans().iter().zip(&others) {
        put(name, spans(times, goal));
    }
    Json::Object(fields)
}

/// Requests that have come to the machine and have not left it, in whatever way. At every instant, for every machine:
/// arrivals = completions + failed + refused + timed_out + crashed + in_flight (less what was there after the warm-up).
pub fn in_flight(component: &Component) -> u64 {
    let gauge = component.gauge();
    if let Some(open) = gauge.open {
        return open;
    }
    let inside = component.tally().map_or(gauge.busy as u64 + gauge.waiting as u64, |t| t.standing.0 as u64);
    inside + gauge.pending as u64
}

/// Counters that every machine reports, zero or not.
const BASIC: [&str; 5] = ["arrivals", "completions", "refused", "timed_out", "failed"];

/// Counters that say what a machine of this kind is there for: a zero among them says something.
fn of_kind(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Users | Kind::AppServer => &["sessions", "sessions_lost"],
        Kind::SessionStore => &["evictions", "expired", "entries", "sessions_lost"],
        Kind::Cache | Kind::StaticStore => &["hits", "misses", "evictions", "entries"],
        Kind::JobQueue => &["jobs_delivered", "jobs_duplicated", "jobs_lost", "jobs_dead"],
        Kind::Worker => &["jobs_delivered", "jobs_lost"],
        _ => &[],
    }
}

fn spans(histogram: &Histogram, goal: Option<Duration>) -> Json {
    let quantile = |q: f64| histogram.quantile(q).map(|d| d.as_secs());
    let mut spans = json!({
        "count": histogram.count(),
        "mean_s": histogram.mean_secs(),
        "p50_s": quantile(0.5),
        "p90_s": quantile(0.9),
        "p95_s": quantile(0.95),
        "p99_s": quantile(0.99),
        "p999_s": quantile(0.999),
        "max_s": histogram.max().as_secs(),
    });
    if let Some(goal) = goal {
        spans["within_goal"] = json!(histogram.share_within(goal));
    }
    spans
}

/// How far reads were behind.
fn staleness(figures: &StalenessFigures) -> Json {
    let behind = figures.behind.iter().enumerate().filter(|(_, reads)| **reads > 0);
    json!({
        "reads": figures.reads,
        "stale": figures.stale,
        "stale_share": figures.stale as f64 / figures.reads.max(1) as f64,
        "versions_mean": figures.mean_versions,
        "versions_max": figures.versions.max,
        "age_p50_s": figures.age.p50.as_secs(),
        "age_p99_s": figures.age.p99.as_secs(),
        "age_max_s": figures.age.max.as_secs(),
        "versions_behind": behind.map(|(n, reads)| (n.to_string(), json!(reads))).collect::<Map<_, _>>(),
        "curve": figures.curve.iter().map(|point| json!({
            "after_s": point.after.as_secs(),
            "fresh": point.fresh,
            "reads": point.reads,
        })).collect::<Vec<_>>(),
    })
}

fn verdict(state: &State, verdict: &Verdict) -> Json {
    let mut fields = Map::new();
    fields.insert("id".into(), json!(verdict.id));
    fields.insert("name".into(), json!(verdict.name));
    fields.insert("state".into(), json!(verdict.state.name()));
    fields.insert("count".into(), json!(verdict.state.count()));
    fields.insert("checked".into(), json!(verdict.checked));
    if !verdict.detail.is_empty() {
        fields.insert("detail".into(), json!(verdict.detail));
    }
    match &verdict.state {
        Judged::Broken { first, latest, .. } => {
            let names = BoardNames(state);
            fields.insert("first_at_s".into(), json!(first.at.as_secs()));
            fields.insert("first".into(), json!(first.sentence(&names)));
            fields.insert("latest_at_s".into(), json!(latest.at.as_secs()));
            fields.insert("latest".into(), json!(latest.sentence(&names)));
        }
        Judged::Unknown(why) => {
            fields.insert("why".into(), json!(why));
        }
        _ => {}
    }
    Json::Object(fields)
}

/// The report as a page of text, from the end of the warm-up on.
pub fn text(state: &State, before: &Before) -> String {
    let judge = state.judge().concluded(state.now());
    let total = before.total(state);
    let say = |d: Option<Duration>| {
        d.map_or("–".to_string(), |d| {
            let (number, unit) = split(d);
            format!("{number} {unit}")
        })
    };
    let mut out = format!(
        "{} · seed {} · {} simulated · {} events · hash {:016x}\n",
        state.document.title,
        state.document.seed,
        state.now(),
        state.world.handled(),
        state.hash()
    );
    let elapsed = (state.now() - before.begin()).as_secs().max(1e-9);
    out += &format!(
        "\n{} operations: {} ok, {} failed, {} unknown; {:.1}/s answered, {:.1}/s in time; latency p50 {}, p95 {}, p99 {}\n",
        total.invoked,
        total.ok,
        total.failed,
        total.unknown,
        total.ok as f64 / elapsed,
        total.good as f64 / elapsed,
        say(total.latency.quantile(0.5)),
        say(total.latency.quantile(0.95)),
        say(total.latency.quantile(0.99)),
    );
    for (cause, count) in &total.errors {
        out += &format!("  {count} {}\n", cause.name());
    }
    for (at, why) in &state.vain {
        out += &format!("without effect at {at}: {why}\n");
    }
    out += &format!(
        "\n{:<16} {:<14} {:>10} {:>10} {:>8} {:>8} {:>7}\n",
        "machine", "component", "arrivals", "completed", "refused", "p99", "busy"
    );
    for card in &state.cast.cards {
        for node in &card.nodes {
            let workers = state.world.get(*node).gauge().workers as f64;
            let works = workers > 0.0 && state.world.get(*node).tally().is_some();
            let (c, tally, _) = before.machine(state, &judge, *node);
            let p99 = say(tally.sojourns.quantile(0.99));
            let busy = match works {
                true => format!("{:.0} %", 100.0 * tally.busy as f64 / 1e9 / elapsed / workers),
                false => "–".into(),
            };
            out += &format!(
                "{:<16} {:<14} {:>10} {:>10} {:>8} {:>8} {:>7}\n",
                state.cast.name(*node),
                card.kind.info().word,
                c.arrivals,
                c.completions,
                c.refused,
                p99,
                busy
            );
        }
    }
    out += &super::upkeep::text(state);
    out += &super::crashes::text(state, &judge);
    out += "\n";
    let names = BoardNames(state);
    for verdict in judge.verdicts() {
        out += &format!("{:<24} {}", verdict.name, verdict.state.name());
        if let Judged::Broken { count, first, .. } = &verdict.state {
            out += &format!(" {count}× since {:.3} s: {}", first.at.as_secs(), first.sentence(&names));
        }
        if !verdict.detail.is_empty() {
            out += &format!(" ({})", verdict.detail);
        }
        out += "\n";
    }
    let cap = state.judge().cap();
    out += &format!("\n{} · {}\n{}\n{}\n", cap.label.name(), cap.pacelc.name(), cap.words, cap.pacelc_words);
    out += &format!("\nprice {:.2} $/h\n", super::picture::price_per_hour(state));
    out
}

/// The first proof of every broken verdict, drawn as text.
pub fn proofs(state: &State) -> String {
    let mut out = String::new();
    for verdict in state.judge().concluded(state.now()).verdicts() {
        if let Judged::Broken { first, .. } = &verdict.state {
            out += &format!(
                "\n{}\n{}\n",
                verdict.name,
                crate::judge::render_text(&super::evidence::diagram(state, first))
            );
        }
    }
    out
}
