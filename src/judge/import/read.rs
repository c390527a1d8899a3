//! A file's lines read into operations per key: what each line says, whether it can be said there, and when it was.
//! It knows the file format; no checker.

use super::{
    End, Event, History, LINE_LIMIT, NotAHistory, OPERATIONS_LIMIT, Object, ObjectModel, Progress, Values,
    What,
};
use crate::judge::map::Map;
use serde::Deserialize;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::io::BufRead;

#[derive(Deserialize)]
struct Line<'a> {
    process: Option<Json>,
    #[serde(rename = "type", borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    f: Option<Cow<'a, str>>,
    key: Option<Json>,
    value: Option<Json>,
    time: Option<serde_json::Number>,
    applied: Option<bool>,
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "even_null")]
    initial: Option<Json>,
}

/// A `null` that is written is a value; only what is left out is none.
fn even_null<'de, D: serde::Deserializer<'de>>(json: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(json).map(Some)
}

/// Where an open operation is: its object and its place there.
#[derive(Clone, Copy)]
struct Open {
    object: usize,
    event: usize,
}

struct Reader {
    history: History,
    said: Option<ObjectModel>,
    object_of: Map<u32, usize>,
    open: Map<u32, Open>,
    times: Vec<i128>,
    timed: Option<bool>,
    /// Whether any operation compares, and whether any appends.
    compares: bool,
    appends: Option<u64>,
}

impl History {
    pub(super) fn read(
        mut reader: impl BufRead,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<History, NotAHistory> {
        let mut state = Reader {
            history: History {
                model: ObjectModel::Register,
                values: Values::default(),
                names: Values::default(),
                initial: None,
                objects: Vec::new(),
                operations: 0,
                sorted: true,
            },
            said: None,
            object_of: Map::default(),
            open: Map::default(),
            times: Vec::new(),
            timed: None,
            compares: false,
            appends: None,
        };
        let (mut text, mut number, mut bytes, mut first) = (Vec::new(), 0, 0, true);
        loop {
            text.clear();
            number += 1;
            let bad = |why: String| NotAHistory { line: number, why };
            let read = std::io::Read::take(&mut reader, LINE_LIMIT as u64 + 1).read_until(b'\n', &mut text);
            match read {
                Ok(0) => break,
                Ok(n) => bytes += n as u64,
                Err(error) => return Err(bad(format!("it cannot be read: {error}"))),
            }
            if text.len() > LINE_LIMIT {
                return Err(bad(format!("it is longer than {LINE_LIMIT} bytes")));
            }
            let line = std::str::from_utf8(&text).map_err(|_| bad(not_text(&text)))?;
            let line = line.trim_start_matches('\u{feff}').trim_end();
            if !line.trim_start().is_empty() {
                state.line(line, number, first).map_err(bad)?;
                first = false;
            }
            if number % 4096 == 0 {
                progress(Progress::Reading(bytes));
            }
        }
        progress(Progress::Reading(bytes));
        state.finish().map_err(|(line, why)| NotAHistory { line, why })
    }
}

impl Reader {
    fn line(&mut self, text: &str, number: u64, first: bool) -> Result<(), String> {
        let line: Line = serde_json::from_str(text).map_err(|error| not_json(text, &error))?;
        let told = [&line.process, &line.key, &line.value, &line.initial];
        if let Some(number) = told.into_iter().flatten().find_map(inexact) {
            return Err(format!("{number} is beyond 64 bits, so it may be rounded: write it as a string"));
        }
        if line.kind.is_none() && (line.model.is_some() || line.initial.is_some() || first) {
            return self.header(line, first);
        }
        let process = line.process.as_ref().ok_or("it has no “process”")?;
        let foreign = |f: &str| What::name_of(f).is_none();
        let aside = line.kind.as_deref() == Some("info") && line.f.as_deref().is_some_and(foreign);
        if process == "nemesis" || aside {
            return Ok(());
        }
        let process = self.history.names.intern(process);
        let kind = line.kind.as_deref().ok_or("it has no “type”")?;
        let now = self.instant(&line, number)?;
        match kind {
            "invoke" => self.invoke(process, &line, now, number),
            "ok" | "fail" | "info" => self.returned(process, kind, &line, now, number),
            other => Err(format!("“type” is “{other}”: it must be invoke, ok, fail or info")),
        }
    }

    fn header(&mut self, line: Line, first: bool) -> Result<(), String> {
        if !first {
            return Err("only the first line may give the model and the initial value".into());
        }
        if line.process.is_some() || line.f.is_some() {
            return Err("it has no “type”".into());
        }
        self.said = match line.model.as_deref() {
            None if line.initial.is_some() => None,
            None => return Err("it has no “process” and no “type”, and gives no model".into()),
            Some("register") => Some(ObjectModel::Register),
            Some("cas-register") => Some(ObjectModel::CasRegister),
            Some("append") => Some(ObjectModel::Append),
            Some(other) => {
                return Err(format!("“model” is “{other}”: it must be register, cas-register or append"));
            }
        };
        self.history.initial = line.initial.map(|value| self.whole(&value));
        Ok(())
    }

    /// The index of the line's instant in `times`; without times the line's own number does.
    fn instant(&mut self, line: &Line, number: u64) -> Result<u64, String> {
        if *self.timed.get_or_insert(line.time.is_some()) != line.time.is_some() {
            return Err("either all lines have a “time” or none has".into());
        }
        let Some(time) = &line.time else { return Ok(number) };
        // Whole numbers are exact; fractions count to the billionth, so seconds keep their nanoseconds.
        let billionths = match (time.as_i128(), time.as_f64()) {
            (Some(whole), _) => whole * 1_000_000_000,
            (None, Some(fraction)) => (fraction * 1e9).round() as i128,
            (None, None) => return Err(format!("“time” is {time}: it must be a number")),
        };
        self.times.push(billionths);
        Ok(self.times.len() as u64 - 1)
    }

    fn invoke(&mut self, process: u32, line: &Line, now: u64, number: u64) -> Result<(), String> {
        let f = line.f.as_deref().ok_or("it has no “f”")?;
        let null = Json::Null;
        let value = line.value.as_ref().unwrap_or(&null);
        let what = match What::name_of(f).unwrap_or(f) {
            "read" => What::Read,
            "write" => What::Write(self.whole(value)),
            "append" => {
                self.appends.get_or_insert(number);
                What::Append(self.history.values.intern(value))
            }
            "cas" => {
                self.compares = true;
                let pair = value.as_array().filter(|pair| pair.len() == 2);
                let pair = pair.ok_or("the “value” of a cas must be [from, to]")?;
                What::Cas(self.history.values.intern(&pair[0]), self.history.values.intern(&pair[1]))
            }
            other => return Err(format!("“f” is “{other}”: it must be read, write, cas or append")),
        };
        if self.history.operations as usize == OPERATIONS_LIMIT {
            return Err(format!("there are more than {OPERATIONS_LIMIT} operations"));
        }
        self.history.operations += 1;
        let key = self.history.names.intern(line.key.as_ref().unwrap_or(&null));
        let objects = &mut self.history.objects;
        let object = *self.object_of.entry(key).or_insert_with(|| {
            objects.push(Object { key, events: Vec::new() });
            objects.len() - 1
        });
        let events = &mut objects[object].events;
        events.push(Event {
            process,
            what,
            read: 0,
            end: End::Unknown,
            call: now,
            returned: u64::MAX,
            lines: (number, 0),
        });
        self.open.insert(process, Open { object, event: events.len() - 1 });
        Ok(())
    }

    /// The number of what an object is as a whole. What is appended to may begin with it, so the items of a list have
    /// numbers as well, the same ones in every longer list.
    fn whole(&mut self, value: &Json) -> u32 {
        for item in value.as_array().into_iter().flatten() {
            self.history.values.intern(item);
        }
        self.history.values.intern(value)
    }

    fn returned(
        &mut self,
        process: u32,
        kind: &str,
        line: &Line,
        now: u64,
        number: u64,
    ) -> Result<(), String> {
        let open = self.open.remove(&process);
        let open = open.ok_or_else(|| {
            format!("process {} has invoked nothing that could return", self.history.names.text(process))
        })?;
        let object = &mut self.history.objects[open.object];
        if let Some(key) = &line.key
            && self.history.names.intern(key) != object.key
        {
            return Err("its “key” is not the one that the process asked for".into());
        }
        let event = &mut object.events[open.event];
        let name = event.what.name();
        if line.f.as_deref().is_some_and(|f| What::name_of(f) != Some(name)) {
            return Err(format!("its “f” is not what the process asked for, which was {name}"));
        }
        if line.applied == Some(false) && name != "cas" {
            return Err(format!("“applied” is false, but only a cas can find another value, not a {name}"));
        }
        event.lines.1 = number;
        event.returned = now;
        event.end = match kind {
            "fail" => End::Fail,
            "info" => End::Unknown,
            _ if line.applied == Some(false) => End::Refused,
            _ => End::Ok,
        };
        if event.end == End::Ok && event.what == What::Read {
            event.read = self.history.values.intern(line.value.as_ref().unwrap_or(&Json::Null));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<History, (u64, String)> {
        let inferred = match (self.appends, self.compares) {
            (Some(_), _) => ObjectModel::Append,
            (None, true) => ObjectModel::CasRegister,
            (None, false) => ObjectModel::Register,
        };
        self.history.model = match self.said {
            None => inferred,
            Some(ObjectModel::Register) if self.compares => ObjectModel::CasRegister,
            Some(said) => said,
        };
        if let Some(line) = self.appends.filter(|_| self.history.model != ObjectModel::Append) {
            return Err((line, format!("nothing can be appended to a {}", self.history.model.name())));
        }
        if self.compares && self.history.model == ObjectModel::Append {
            let events = self.history.objects.iter().flat_map(|o| &o.events);
            let line = events.filter(|e| matches!(e.what, What::Cas(..))).map(|e| e.lines.0).min();
            return Err((line.unwrap_or(1), "what is appended to has no compare-and-set".into()));
        }
        if self.history.model != ObjectModel::Append && self.history.initial.is_none() {
            self.history.initial = Some(self.history.values.intern(&Json::Null));
        }
        if self.timed == Some(true) {
            self.history.sorted = self.times.is_sorted();
            self.rank()?;
        }
        Ok(self.history)
    }

    /// Replaces indices into `times` by the ranks of these times: only their order matters.
    fn rank(&mut self) -> Result<(), (u64, String)> {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let rank = |index: u64| sorted.partition_point(|t| *t < self.times[index as usize]) as u64;
        for event in self.history.objects.iter_mut().flat_map(|o| &mut o.events) {
            event.call = rank(event.call);
            if event.lines.1 != 0 {
                event.returned = rank(event.returned);
                if event.returned < event.call {
                    return Err((event.lines.1, "it returns before it was invoked".into()));
                }
            }
        }
        Ok(())
    }
}

/// Why bytes are no text, and what to do.
fn not_text(bytes: &[u8]) -> String {
    match bytes {
        [0x1f, 0x8b, ..] => "it is compressed: unpack it with gunzip first".into(),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it is UTF-16: save it as UTF-8".into(),
        _ => "it is not UTF-8".into(),
    }
}

/// Why a line is no operation, and what to do. Columns count letters, from 1.
fn not_json(text: &str, error: &serde_json::Error) -> String {
    match text.trim_start() {
        start if start.starts_with('[') => {
            "it is a JSON array: write one object a line, without brackets around all".into()
        }
        start if start.starts_with("{:") => "it is EDN: write it as JSON, {\"process\": 0, …}".into(),
        start if start.starts_with('{') => {
            let message = error.to_string();
            let why = message.split(" at line ").next().unwrap_or_default();
            let why = why.replace("EOF while parsing", "the line ends within");
            let column = text.bytes().take(error.column()).filter(|byte| byte & 0xc0 != 0x80).count();
            format!("it is not an operation as JSON: {why}, column {column}")
        }
        _ => "it is not a JSON object".into(),
    }
}

/// A number of which more digits were written than are kept, so that different ones could look equal.
fn inexact(value: &Json) -> Option<&serde_json::Number> {
    const LIMIT: f64 = (1u64 << 63) as f64;
    match value {
        Json::Number(number) => {
            Some(number).filter(|n| n.is_f64() && n.as_f64().is_some_and(|f| f.abs() >= LIMIT))
        }
        Json::Array(items) => items.iter().find_map(inexact),
        Json::Object(members) => members.values().find_map(inexact),
        _ => None,
    }
}
