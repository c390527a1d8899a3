//! Version 1 of the JSON, field by field. It changes never again: what comes new gets a version of its own.
//!
//! ```json
//! {
//!   "tradeoff": 1,
//!   "title": "Three tiers", "notes": "", "seed": 7, "until": "60s",
//!   "zones": [{ "name": "east" }],
//!   "machines": [{ "name": "db", "component": "database", "settings": { "read": "2ms" }, "at": [480, 240], "zone": "east" }],
//!   "links": [{ "from": "web", "wire": "->", "to": "db", "settings": { "latency": "1ms" } }],
//!   "schedule": [{ "at": "5s", "fault": "crash db" }],
//!   "files": { "access.log": "…" }
//! }
//! ```
//!
//! Counts, rates and shares are numbers, times and distributions texts as in the notation, flags booleans.

use super::at_path;
use crate::components::parameter::{Domain, Parameter, Setting, Settings};
use crate::components::{Kind, Wire, wiring};
use crate::scenario::fault::Fault;
use crate::scenario::problem::Problem;
use crate::scenario::{Document, Link, Machine, Point, Scheduled, Zone, limits, suggest};
use crate::stdx::{Duration, Instant};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    tradeoff: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    notes: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    zones: Vec<BoardZone>,
    #[serde(default)]
    machines: Vec<BoardMachine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<BoardLink>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    schedule: Vec<BoardFault>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, String>,
}

type Values = BTreeMap<String, Value>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BoardZone {
    name: String,
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    settings: Values,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BoardMachine {
    name: String,
    component: String,
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    settings: Values,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<[i32; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BoardLink {
    from: String,
    #[serde(default = "calls", skip_serializing_if = "is_calls")]
    wire: String,
    to: String,
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    settings: Values,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BoardFault {
    at: String,
    fault: String,
}

fn calls() -> String {
    Wire::Calls.arrow().to_string()
}

fn is_calls(wire: &str) -> bool {
    wire == Wire::Calls.arrow()
}

impl Board {
    pub fn new(document: &Document) -> Board {
        let usual = Document::default();
        Board {
            tradeoff: 1,
            title: (document.title != usual.title).then(|| document.title.clone()),
            notes: document.notes.clone(),
            seed: Some(document.seed),
            until: (document.until != usual.until).then(|| document.until.to_string()),
            zones: document
                .zones
                .iter()
                .map(|z| BoardZone { name: z.name.clone(), settings: values(&z.settings) })
                .collect(),
            machines: document
                .machines
                .iter()
                .map(|m| BoardMachine {
                    name: m.name.clone(),
                    component: m.kind.info().word.to_string(),
                    settings: values(&m.settings),
                    at: Some([m.at.x, m.at.y]),
                    zone: m.zone.clone(),
                })
                .collect(),
            links: document
                .links
                .iter()
                .map(|l| BoardLink {
                    from: l.from.clone(),
                    wire: l.wire.arrow().to_string(),
                    to: l.to.clone(),
                    settings: values(&l.settings),
                })
                .collect(),
            schedule: document
                .schedule
                .iter()
                .map(|s| BoardFault { at: s.at.to_string(), fault: s.fault.to_string() })
                .collect(),
            files: document.files.iter().map(|(name, text)| (name.clone(), text.to_string())).collect(),
        }
    }

    /// The document, the problems on the way, and which machines have a place.
    pub fn document(self) -> (Document, Vec<Problem>, Vec<bool>) {
        let mut reader = Reader { problems: Vec::new() };
        let usual = Document::default();
        let attached: usize = self.files.values().map(String::len).sum();
        if attached > limits::ATTACHMENT {
            let help = format!("Together they may have {} bytes.", limits::ATTACHMENT);
            reader.problems.push(at_path("files", "the attached files are too long.", help));
        }
        let placed = self.machines.iter().map(|m| m.at.is_some()).collect();
        let until = self.until.and_then(|text| reader.time("until", &text));
        let document = Document {
            title: self.title.unwrap_or(usual.title),
            notes: self.notes,
            seed: self.seed.unwrap_or(usual.seed),
            until: until.unwrap_or(usual.until),
            zones: reader.all("zones", self.zones, Reader::zone),
            machines: reader.all("machines", self.machines, Reader::machine),
            links: reader.all("links", self.links, Reader::link),
            schedule: reader.all("schedule", self.schedule, Reader::scheduled),
            files: self.files.into_iter().map(|(name, text)| (name, text.into())).collect(),
        };
        (document, reader.problems, placed)
    }
}

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    /// Reads each thing of a list, as far as it is whole, with the path to it.
    fn all<R, T>(&mut self, list: &str, raw: Vec<R>, read: fn(&mut Reader, &str, R) -> Option<T>) -> Vec<T> {
        let mut things = Vec::with_capacity(raw.len());
        for (i, raw) in raw.into_iter().enumerate() {
            if self.problems.len() >= limits::PROBLEMS {
                break;
            }
            things.extend(read(self, &format!("{list}[{i}]"), raw));
        }
        things
    }

    fn time(&mut self, path: &str, text: &str) -> Option<Duration> {
        text.parse().map_err(|e| self.problems.push(at_path(path, format!("{e}."), ""))).ok()
    }

    fn zone(&mut self, path: &str, raw: BoardZone) -> Option<Zone> {
        let settings = self.settings(path, raw.settings, wiring::zone_parameters());
        Some(Zone { name: raw.name, settings })
    }

    fn machine(&mut self, path: &str, raw: BoardMachine) -> Option<Machine> {
        let Some(kind) = Kind::from_word(&raw.component) else {
            let says = format!("there is no component “{}”.", suggest::clip(&raw.component));
            let near = suggest::did_you_mean(&raw.component, Kind::ALL.iter().map(|k| k.info().word));
            self.problems.push(at_path(&format!("{path}.component"), says, near.unwrap_or_default()));
            return None;
        };
        let settings = self.settings(path, raw.settings, kind.parameters());
        let at = raw.at.map_or(Point::default(), |[x, y]| Point { x, y });
        Some(Machine { name: raw.name, kind, settings, at, zone: raw.zone })
    }

    fn link(&mut self, path: &str, raw: BoardLink) -> Option<Link> {
        let Some(wire) = Wire::from_arrow(&raw.wire) else {
            let says = format!("“{}” is not an arrow.", suggest::clip(&raw.wire));
            self.problems.push(at_path(
                &format!("{path}.wire"),
                says,
                "There are ->, =>, <=> and .. for it.",
            ));
            return None;
        };
        let settings = self.settings(path, raw.settings, wire.parameters());
        Some(Link { from: raw.from, to: raw.to, wire, settings })
    }

    fn scheduled(&mut self, path: &str, raw: BoardFault) -> Option<Scheduled> {
        let at = self.time(&format!("{path}.at"), &raw.at);
        match raw.fault.parse::<Fault>() {
            Ok(fault) => Some(Scheduled { at: Instant::START + at?, fault }),
            Err(error) => {
                self.problems.push(at_path(&format!("{path}.fault"), error.says, error.help));
                None
            }
        }
    }

    fn settings(&mut self, path: &str, values: Values, parameters: &[Parameter]) -> Settings {
        let mut settings = Settings::new();
        for (name, value) in values {
            let path = format!("{path}.settings.{}", suggest::clip(&name));
            let Some(parameter) = parameters.iter().find(|p| p.name == name) else {
                let near = suggest::did_you_mean(&name, parameters.iter().map(|p| p.name));
                self.problems.push(at_path(&path, "there is no such setting.", near.unwrap_or_default()));
                continue;
            };
            match setting(parameter, &value) {
                Some(setting) => {
                    settings.insert(name, setting);
                }
                None => {
                    let says = format!("{} does not fit.", suggest::clip(&value.to_string()));
                    let help = format!("It must be {}.", parameter.domain.expected());
                    self.problems.push(at_path(&path, says, help));
                }
            }
        }
        settings
    }
}

/// The value, if it is one that the parameter allows. Every value may also be a text as in the notation.
fn setting(parameter: &Parameter, value: &Value) -> Option<Setting> {
    let free = matches!(parameter.domain, Domain::Text { .. } | Domain::Choice(_));
    let setting = match value {
        Value::Number(n) => Setting::Number(n.as_f64()?),
        Value::Bool(on) => Setting::Flag(*on),
        Value::String(text) if free => Setting::Text(text.clone()),
        Value::String(text) => parameter.read(text).ok()?,
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    parameter.allows(&setting).then_some(setting)
}

fn values(settings: &Settings) -> Values {
    let value = |setting: &Setting| match setting {
        Setting::Number(n) => number(*n),
        Setting::Flag(on) => Value::Bool(*on),
        Setting::Time(_) | Setting::Distribution(_) | Setting::Text(_) => Value::String(setting.to_string()),
    };
    settings.iter().map(|(name, setting)| (name.clone(), value(setting))).collect()
}

/// Whole numbers without a fraction: `8`, not `8.0`.
fn number(n: f64) -> Value {
    const EXACT: f64 = (1u64 << 53) as f64;
    if n.fract() == 0.0 && n.abs() < EXACT && (n != 0.0 || n.is_sign_positive()) {
        return Value::from(n as i64);
    }
    Value::from(n)
}
