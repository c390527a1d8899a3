//! How long machines were up and users could be served, in the report's words. It measures nothing itself.
//!
//! A machine has `availability` (share of the time up), `outages`, `mean_up_s` and `mean_down_s` (of the spells that have
//! ended), `first_outage_s`, and `failures` where it can fail by itself. A service is what one machine of users has: the
//! same fields for "an open way leads to machines that work, as far as the lines of the board say", with
//! `downtime_per_year_s` (365.25 days), `downtime_per_30d_s` and `mttf_s` (from everything whole to the service's
//! failure); and under `probes` the same as the users' own operations met it, with `success` (share of them that ended
//! well).

use super::picture::split;
use super::state::State;
use super::wear::Part;
use crate::history::Process;
use crate::metrics::spells::Spells;
use crate::sim::NodeId;
use crate::stdx::{Duration, Instant};
use serde_json::{Map, Value as Json, json};

const YEAR: f64 = 365.25 * 86_400.0;
const MONTH: f64 = 30.0 * 86_400.0;

fn spells(fields: &mut Map<String, Json>, spells: &Spells, now: Instant) {
    let (up, down) = spells.means();
    fields.insert("availability".into(), json!(spells.shares(now).0));
    fields.insert("outages".into(), json!(spells.outages));
    if let Some(first) = spells.first_outage {
        fields.insert("first_outage_s".into(), json!(first.as_secs()));
    }
    for (name, mean) in [("mean_up_s", up), ("mean_down_s", down)] {
        if let Some(mean) = mean {
            fields.insert(name.into(), json!(mean));
        }
    }
}

/// Adds what there is of a machine.
pub fn machine(fields: &mut Map<String, Json>, state: &State, node: NodeId) {
    if let Some(machine) = state.uptime.machine(node) {
        spells(fields, machine, state.now());
    }
    if let Some(failures) = state.wear.failures(Part::Node(node)) {
        fields.insert("failures".into(), json!(failures));
    }
}

/// What each machine of users had.
pub fn services(state: &State) -> Vec<Json> {
    let now = state.now();
    let one = |service: &super::uptime::Service| {
        let mut fields = Map::new();
        fields.insert("users".into(), json!(state.cast.name(service.users)));
        spells(&mut fields, &service.spells, now);
        let down = service.spells.shares(now).1;
        fields.insert("downtime_per_year_s".into(), json!(down * YEAR));
        fields.insert("downtime_per_30d_s".into(), json!(down * MONTH));
        if let Some(mttf) = service.mttf() {
            fields.insert("mttf_s".into(), json!(mttf));
            fields.insert("lives".into(), json!(service.lives));
        }
        if let Some(probe) = state.probes.of(Process(service.users.0)) {
            let mut met = Map::new();
            met.insert("success".into(), json!(probe.ok as f64 / (probe.ok + probe.bad).max(1) as f64));
            spells(&mut met, &probe.spells, now);
            fields.insert("probes".into(), Json::Object(met));
        }
        Json::Object(fields)
    };
    state.uptime.services.iter().map(one).collect()
}

/// The same for people: only of what was down at all.
pub fn text(state: &State) -> String {
    let now = state.now();
    let say = |span: Duration| {
        let (number, unit) = split(span);
        format!("{number} {unit}")
    };
    let line = |name: &str, spells: &Spells| {
        let (up, down) = (spells.shares(now).0, spells.until(now).1);
        let times = if spells.outages == 1 { "once" } else { "times" };
        let often = if spells.outages == 1 { String::new() } else { format!("{} ", spells.outages) };
        format!("{name} {} % of the time: down {often}{times}, {} in all", percent(up), say(down))
    };
    let mut out = String::new();
    for service in state.uptime.services.iter().filter(|s| s.spells.outages > 0) {
        out += &line(&format!("{} could be served", state.cast.name(service.users)), &service.spells);
        if let Some(first) = service.spells.first_outage {
            out += &format!(", first at {first}");
        }
        out += "\n";
    }
    for node in state.cast.nodes() {
        if let Some(spells) = state.uptime.machine(node).filter(|s| s.outages > 0) {
            out += &line(&format!("{} was up", state.cast.name(node)), spells);
            out += "\n";
        }
    }
    if out.is_empty() { out } else { format!("\n{out}") }
}

/// With as many digits as tell it from 100 %.
fn percent(share: f64) -> String {
    let digits = (2..9).find(|d| (1.0 - share) * libm::pow(10.0, *d as f64) >= 1.0).unwrap_or(0) as usize;
    format!("{:.*}", digits.max(1), share * 100.0)
}
