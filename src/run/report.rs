//! What a run came to, for machines (JSON with documented fields) and for people (text). It measures nothing itself.
//!
//! Times are in seconds and end in `_s`, rates are a second and end in `_per_s`, shares are from 0 to 1. Percentiles
//! are within 1.6 %. A field that does not apply to a machine is absent.

use super::picture::split;
use super::state::State;
use super::timeline::Timeline;
use crate::components::Machine as _;
use crate::components::parts::gauge::Counters;
use crate::components::parts::station::Tally;
use crate::history::{Key, Process, SessionId, Value};
use crate::judge::{Names, State as Judged, Verdict};
use crate::sim::NodeId;
use crate::stdx::{Duration, histogram::Histogram};
use serde_json::{Map, Value as Json, json};

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
        format!("key {}", key.0)
    }

    fn value(&self, key: Key, value: Value) -> String {
        let place = self.0.versions.place(key, value, self.0.now());
        format!("v{}", place.version)
    }
}

/// The whole report as JSON.
pub fn json(state: &State, timeline: &Timeline) -> Json {
    let total = &state.series.total;
    let elapsed = state.now().as_secs();
    let per_s = |n: u64| if elapsed > 0.0 { n as f64 / elapsed } else { 0.0 };
    let machines: Vec<Json> = state
        .cast
        .cards
        .iter()
        .flat_map(|card| {
            let machine = state.document.machine(&card.name);
            let price = machine.map_or(0.0, |m| m.kind.price_per_hour(&m.settings));
            card.nodes
                .iter()
                .map(move |node| one(state, *node, card.kind.info().word, price))
                .collect::<Vec<_>>()
        })
        .collect();
    json!({
        "title": state.document.title,
        "seed": state.document.seed,
        "simulated_s": elapsed,
        "events": state.world.handled(),
        "hash": format!("{:016x}", state.hash()),
        "operations": {
            "invoked": total.invoked,
            "ok": total.ok,
            "failed": total.failed,
            "unknown": total.unknown,
            "in_flight": total.invoked - total.ok - total.failed - total.unknown,
            "throughput_per_s": per_s(total.ok),
            "goodput_per_s": per_s(total.good),
            "latency": spans(&total.latency),
            "errors": total.errors.iter().map(|(c, n)| (c.name().to_string(), json!(n))).collect::<Map<_, _>>(),
        },
        "services": super::upkeep::services(state),
        "machines": machines,
        "verdicts": state.judge.verdicts().iter().map(|v| verdict(state, v)).collect::<Vec<_>>(),
        "cap": { "label": state.judge.cap().label.name(), "pacelc": state.judge.cap().pacelc.name() },
        "price_per_hour": super::picture::price_per_hour(state),
        "changes": timeline.marks().iter().map(|m| json!({ "at_s": m.at.as_secs(), "what": m.text })).collect::<Vec<_>>(),
    })
}

fn one(state: &State, node: NodeId, kind: &str, price: f64) -> Json {
    let component = state.world.get(node);
    let gauge = component.gauge();
    let mut fields = Map::new();
    fields.insert("name".into(), json!(state.cast.name(node)));
    fields.insert("component".into(), json!(kind));
    fields.insert("up".into(), json!(state.world.condition(node) == crate::sim::Condition::Up));
    fields.insert("price_per_hour".into(), json!(price));
    super::upkeep::machine(&mut fields, state, node);
    for (name, count) in gauge.counters.list() {
        if count > 0 || BASIC.contains(&name) {
            fields.insert(name.into(), json!(count));
        }
    }
    if gauge.workers > 0 {
        fields.insert("workers".into(), json!(gauge.workers));
        fields.insert("busy".into(), json!(gauge.busy));
        fields.insert("waiting".into(), json!(gauge.waiting));
    }
    let Counters { hits, misses, .. } = gauge.counters;
    if hits + misses > 0 {
        fields.insert("hit_ratio".into(), json!(hits as f64 / (hits + misses) as f64));
    }
    if let crate::components::parts::gauge::Live::Behind(behind) = gauge.live {
        fields.insert("replication_lag_s".into(), json!(behind.as_secs()));
    }
    if let Some(tally) = component.tally() {
        station(&mut fields, tally, gauge.workers);
    }
    Json::Object(fields)
}

/// Counters that are shown even when they are zero.
const BASIC: [&str; 5] = ["arrivals", "completions", "refused", "timed_out", "failed"];

fn station(fields: &mut Map<String, Json>, tally: &Tally, workers: u32) {
    let elapsed = tally.at.0 as f64;
    fields.insert("wait".into(), spans(&tally.waits));
    fields.insert("service".into(), spans(&tally.services));
    fields.insert("sojourn".into(), spans(&tally.sojourns));
    if elapsed > 0.0 {
        fields.insert("mean_in_system".into(), json!(tally.in_system as f64 / elapsed));
        if workers > 0 {
            fields.insert("utilisation".into(), json!(tally.busy as f64 / elapsed / workers as f64));
        }
    }
}

fn spans(histogram: &Histogram) -> Json {
    let quantile = |q: f64| histogram.quantile(q).map(|d| d.as_secs());
    json!({
        "count": histogram.count(),
        "mean_s": histogram.mean_secs(),
        "p50_s": quantile(0.5),
        "p95_s": quantile(0.95),
        "p99_s": quantile(0.99),
        "max_s": histogram.max().as_secs(),
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

/// The report as a page of text.
pub fn text(state: &State) -> String {
    let total = &state.series.total;
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
    let elapsed = state.now().as_secs().max(1e-9);
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
    out += &format!(
        "\n{:<16} {:<14} {:>10} {:>10} {:>8} {:>8} {:>7}\n",
        "machine", "component", "arrivals", "completed", "refused", "p99", "busy"
    );
    for card in &state.cast.cards {
        for node in &card.nodes {
            let component = state.world.get(*node);
            let gauge = component.gauge();
            let tally = component.tally();
            let p99 = say(tally.and_then(|t| t.sojourns.quantile(0.99)));
            let busy = tally.filter(|t| gauge.workers > 0 && t.at.0 > 0).map_or("–".into(), |t| {
                format!("{:.0} %", 100.0 * t.busy as f64 / t.at.0 as f64 / gauge.workers as f64)
            });
            let c = gauge.counters;
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
    out += "\n";
    let names = BoardNames(state);
    for verdict in state.judge.verdicts() {
        out += &format!("{:<24} {}", verdict.name, verdict.state.name());
        if let Judged::Broken { count, first, .. } = &verdict.state {
            out += &format!(" {count}× since {:.3} s: {}", first.at.as_secs(), first.sentence(&names));
        }
        if !verdict.detail.is_empty() {
            out += &format!(" ({})", verdict.detail);
        }
        out += "\n";
    }
    let cap = state.judge.cap();
    out += &format!("\n{} · {}\n{}\n{}\n", cap.label.name(), cap.pacelc.name(), cap.words, cap.pacelc_words);
    out += &format!("\nprice {:.2} $/h\n", super::picture::price_per_hour(state));
    out
}

/// The first proof of every broken verdict, drawn as text.
pub fn proofs(state: &State) -> String {
    let names = BoardNames(state);
    let mut out = String::new();
    for verdict in state.judge.verdicts() {
        if let Judged::Broken { first, .. } = &verdict.state {
            out += &format!("\n{}\n{}\n", verdict.name, crate::judge::render_text(&first.diagram(&names)));
        }
    }
    out
}
