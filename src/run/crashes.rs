//! What each crash cost, in the report's words: how long clients waited until they were served again (RTO), and which
//! acknowledged writes it lost (RPO). It measures nothing itself.

use super::picture::split;
use super::state::State;
use crate::judge::Judge;
use crate::judge::replicas::Cost;
use crate::judge::service::Recovery;
use crate::sim::NodeId;
use crate::stdx::Duration;
use serde_json::{Map, Value as Json, json};

/// The latest 64 crashes and pauses, oldest first: what came back, and what did not.
fn crashes(judge: &Judge) -> impl Iterator<Item = (Recovery, Cost)> {
    // Both lists have one entry for each machine that went down, in that order.
    let recoveries: Vec<Recovery> = judge.service.recoveries().copied().collect();
    recoveries.into_iter().zip(judge.replicas.crashes())
}

pub fn json(state: &State, judge: &Judge) -> Vec<Json> {
    let one = |(recovery, cost): (Recovery, Cost)| {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Json| _ = fields.insert(name.into(), value);
        put("machine", json!(state.cast.name(NodeId(recovery.node.0))));
        put("at_s", json!(recovery.at.as_secs()));
        for (name, time) in [("rto_reads_s", recovery.reads), ("rto_writes_s", recovery.writes)] {
            if let Some(time) = time {
                put(name, json!(time.as_secs()));
            }
        }
        put("lost_writes", json!(cost.lost));
        if cost.lost > 0 {
            put("oldest_lost_s", json!(cost.oldest.as_secs()));
            put("newest_lost_s", json!(cost.newest.as_secs()));
        }
        Json::Object(fields)
    };
    crashes(judge).map(one).collect()
}

/// The same for people; empty when nothing crashed.
pub fn text(state: &State, judge: &Judge) -> String {
    let say = |span: Duration| {
        let (number, unit) = split(span);
        format!("{number} {unit}")
    };
    let mut out = String::new();
    for (recovery, cost) in crashes(judge) {
        if out.is_empty() {
            out = format!(
                "\n{:<16} {:>10} {:>12} {:>12} {:>11} {:>10} {:>10}\n",
                "went down", "at", "reads again", "writes again", "lost writes", "oldest", "newest"
            );
        }
        let after = |time: Option<Duration>| time.map_or("–".to_string(), say);
        let lost = |age: Duration| if cost.lost > 0 { say(age) } else { "–".into() };
        out += &format!(
            "{:<16} {:>10} {:>12} {:>12} {:>11} {:>10} {:>10}\n",
            state.cast.name(NodeId(recovery.node.0)),
            recovery.at.to_string(),
            after(recovery.reads),
            after(recovery.writes),
            cost.lost,
            lost(cost.oldest),
            lost(cost.newest),
        );
    }
    out
}
