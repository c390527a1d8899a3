//! How a component's settings are described: one table from which the inspector, the notation, the document, the
//! validation and the help are made. It may know no particular component.

use crate::stdx::late::Late;
use crate::stdx::{Distribution, Duration};
use std::collections::BTreeMap;
use std::fmt;

/// A setting's value as the document keeps it.
#[derive(Clone, PartialEq, Debug)]
pub enum Setting {
    /// A count, a rate, a factor, a share: whatever its domain says. Always finite.
    Number(f64),
    Time(Duration),
    Distribution(Distribution),
    Flag(bool),
    /// One of a choice's words, or a free text.
    Text(String),
}

/// Which values a setting may take, and in which unit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Domain {
    /// A whole number; `unit` is what is counted ("workers", "entries").
    Count {
        least: u64,
        most: u64,
        unit: &'static str,
    },
    /// Times a second.
    Rate {
        least: f64,
        most: f64,
    },
    /// A share between 0 and 1, written in percent.
    Share,
    /// A bare number with its unit ("×", "$/h", "" for none).
    Number {
        least: f64,
        most: f64,
        unit: &'static str,
    },
    /// A span of time.
    Time {
        least: Duration,
        most: Duration,
    },
    /// A distribution of spans of time whose mean lies within.
    Times {
        most: Duration,
    },
    Flag,
    /// One word of a list; each with a line of help.
    Choice(&'static [Word]),
    /// Free text of at most so many characters.
    Text {
        most: usize,
    },
}

/// One word of a choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word {
    /// As the notation and the document write it: kebab-case.
    pub name: &'static str,
    /// As a person reads it.
    pub label: &'static str,
    pub help: Late,
}

/// Whether a setting stands in the first view of the inspector or behind "more".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    Basic,
    Advanced,
}

/// The description of one setting.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// As the notation and the document write it: kebab-case.
    pub name: &'static str,
    /// As a person reads it, sentence case.
    pub label: &'static str,
    pub domain: Domain,
    /// Makes the default.
    pub default: fn() -> Setting,
    pub group: Group,
    /// One line: what it does, and whose default it is.
    pub help: Late,
}

/// The settings of one machine or link that differ from the defaults, by name.
pub type Settings = BTreeMap<String, Setting>;

/// Why a value does not fit its setting.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum SettingError {
    #[error("{name} must be {expected}, not “{found}”")]
    Wrong { name: &'static str, expected: String, found: String },
    #[error("{name} must be {expected}: {source}")]
    Unreadable {
        name: &'static str,
        expected: String,
        #[source]
        source: crate::stdx::distribution::DistributionError,
    },
}

impl Domain {
    /// What a value of this domain looks like, for errors and help: "a whole number from 1 to 1024 (workers)".
    pub fn expected(&self) -> String {
        match self {
            Domain::Count { least, most, unit: "" } => {
                format!("a whole number from {least} to {most}")
            }
            Domain::Count { least, most, unit } => format!("a whole number of {unit} from {least} to {most}"),
            Domain::Rate { least, most } => format!("a rate from {least}/s to {most}/s, as in 120/s"),
            Domain::Share => "a share from 0% to 100%".to_string(),
            Domain::Number { least, most, unit } => {
                format!("a number from {least} to {most}{}{unit}", if unit.is_empty() { "" } else { " " })
            }
            Domain::Time { least, most } => format!("a time from {least} to {most}, as in 250ms"),
            Domain::Times { most } => {
                format!("a time up to {most} or a distribution, as in 12ms or exp(12ms)")
            }
            Domain::Flag => "on or off".to_string(),
            Domain::Choice(words) => {
                let names: Vec<&str> = words.iter().map(|w| w.name).collect();
                format!("one of {}", names.join(", "))
            }
            Domain::Text { most } => format!("a text of at most {most} characters"),
        }
    }
}

impl Parameter {
    /// Reads the text that a person or a file gives for this setting, and checks it.
    pub fn read(&self, text: &str) -> Result<Setting, SettingError> {
        let text = text.trim();
        let wrong =
            || SettingError::Wrong { name: self.name, expected: self.domain.expected(), found: clip(text) };
        let number = |text: &str| text.parse::<f64>().ok().filter(|x| x.is_finite()).ok_or_else(wrong);
        let setting = match self.domain {
            Domain::Count { .. } => {
                let digits: String = text.chars().filter(|c| *c != '_').collect();
                Setting::Number(digits.parse::<u64>().map_err(|_| wrong())? as f64)
            }
            Domain::Rate { .. } => {
                let (number_text, per) = match text.rsplit_once('/') {
                    None => (text, 1.0),
                    Some((n, "s")) => (n, 1.0),
                    Some((n, "min")) => (n, 60.0),
                    Some((n, "h")) => (n, 3600.0),
                    Some((n, "d")) => (n, 86_400.0),
                    Some(_) => return Err(wrong()),
                };
                Setting::Number(number(number_text)? / per)
            }
            Domain::Share => match text.strip_suffix('%') {
                // Divided as decimal text would be: 90% is the number 0.9 and not its neighbour.
                Some(percent) => Setting::Number(number(percent)? / 100.0),
                None => Setting::Number(number(text)?),
            },
            Domain::Number { unit, .. } => {
                let bare = text.strip_suffix(unit).filter(|_| !unit.is_empty()).unwrap_or(text);
                Setting::Number(number(bare.trim_end())?)
            }
            Domain::Time { .. } => Setting::Time(text.parse().map_err(|_| wrong())?),
            Domain::Times { .. } => Setting::Distribution(text.parse().map_err(|source| {
                SettingError::Unreadable { name: self.name, expected: self.domain.expected(), source }
            })?),
            Domain::Flag => match text {
                "on" | "true" | "yes" => Setting::Flag(true),
                "off" | "false" | "no" => Setting::Flag(false),
                _ => return Err(wrong()),
            },
            Domain::Choice(_) | Domain::Text { .. } => Setting::Text(text.to_string()),
        };
        if self.allows(&setting) { Ok(setting) } else { Err(wrong()) }
    }

    /// Whether the value lies in the domain.
    pub fn allows(&self, setting: &Setting) -> bool {
        match (self.domain, setting) {
            (Domain::Count { least, most, .. }, Setting::Number(n)) => {
                *n >= least as f64 && *n <= most as f64 && *n == (*n as u64) as f64
            }
            (Domain::Rate { least, most } | Domain::Number { least, most, .. }, Setting::Number(n)) => {
                *n >= least && *n <= most
            }
            (Domain::Share, Setting::Number(n)) => (0.0..=1.0).contains(n),
            (Domain::Time { least, most }, Setting::Time(d)) => *d >= least && *d <= most,
            (Domain::Times { most }, Setting::Distribution(d)) => d.mean() <= most.as_secs(),
            (Domain::Flag, Setting::Flag(_)) => true,
            (Domain::Choice(words), Setting::Text(t)) => words.iter().any(|w| w.name == t),
            (Domain::Text { most }, Setting::Text(t)) => {
                t.chars().count() <= most && !t.chars().any(char::is_control) && t.trim() == t
            }
            _ => false,
        }
    }

    /// Writes a value as `read` reads it.
    pub fn write(&self, setting: &Setting) -> String {
        match (self.domain, setting) {
            (Domain::Rate { .. }, Setting::Number(n)) => format!("{n}/s"),
            (Domain::Share, Setting::Number(n)) => {
                // The shortest percentage that comes back as the same number, else the bare number.
                let percent = (n * 1e10).round() / 1e8;
                if percent / 100.0 == *n { format!("{percent}%") } else { format!("{n}") }
            }
            (Domain::Number { unit, .. }, Setting::Number(n)) => format!("{n}{unit}"),
            (_, setting) => setting.to_string(),
        }
    }
}

fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setting::Number(n) => n.fmt(f),
            Setting::Time(d) => d.fmt(f),
            Setting::Distribution(d) => d.fmt(f),
            Setting::Flag(on) => f.write_str(if *on { "on" } else { "off" }),
            Setting::Text(t) => f.write_str(t),
        }
    }
}

/// A type that a setting can be read into.
pub trait Read: Sized {
    fn read(setting: &Setting) -> Option<Self>;
    fn setting(self) -> Setting;
}

macro_rules! numbers {
    ($($t:ty),*) => {$(
        impl Read for $t {
            fn read(setting: &Setting) -> Option<$t> {
                match setting { Setting::Number(n) => Some(*n as $t), _ => None }
            }
            fn setting(self) -> Setting { Setting::Number(self as f64) }
        }
    )*};
}
numbers!(f64, u32, u64);

impl Read for Duration {
    fn read(setting: &Setting) -> Option<Duration> {
        match setting {
            Setting::Time(d) => Some(*d),
            _ => None,
        }
    }
    fn setting(self) -> Setting {
        Setting::Time(self)
    }
}

impl Read for Distribution {
    fn read(setting: &Setting) -> Option<Distribution> {
        match setting {
            Setting::Distribution(d) => Some(d.clone()),
            _ => None,
        }
    }
    fn setting(self) -> Setting {
        Setting::Distribution(self)
    }
}

impl Read for bool {
    fn read(setting: &Setting) -> Option<bool> {
        match setting {
            Setting::Flag(on) => Some(*on),
            _ => None,
        }
    }
    fn setting(self) -> Setting {
        Setting::Flag(self)
    }
}

impl Read for String {
    fn read(setting: &Setting) -> Option<String> {
        match setting {
            Setting::Text(t) => Some(t.clone()),
            _ => None,
        }
    }
    fn setting(self) -> Setting {
        Setting::Text(self)
    }
}

/// What the document gives for this setting, if anything. Settings were checked before.
pub fn given<T: Read>(settings: &Settings, name: &str) -> Option<T> {
    let setting = settings.get(name)?;
    let read = T::read(setting);
    assert!(read.is_some(), "{name}: a setting of the wrong type was let in: {setting:?}");
    read
}

/// Which of the words of a choice it is.
pub fn word_at(words: &[Word], setting: &Setting) -> Option<usize> {
    match setting {
        Setting::Text(text) => words.iter().position(|w| w.name == text),
        _ => None,
    }
}

/// An enumeration whose variants are the words of a choice:
/// `choice! { pub enum Policy { RoundRobin = "round-robin", "Round robin", "Each server in turn."; … } }`.
#[macro_export]
macro_rules! choice {
    ($(#[$meta:meta])* pub enum $name:ident { $($variant:ident = $word:literal, $label:literal, $help:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum $name { $(#[doc = $help] $variant),+ }

        impl $name {
            pub const WORDS: &'static [$crate::components::parameter::Word] = &[
                $($crate::components::parameter::Word { name: $word, label: $label, help: $crate::late!($help) }),+
            ];
        }

        impl $crate::components::parameter::Read for $name {
            fn read(setting: &$crate::components::parameter::Setting) -> Option<$name> {
                let at = $crate::components::parameter::word_at($name::WORDS, setting)?;
                Some([$($name::$variant),+][at])
            }
            fn setting(self) -> $crate::components::parameter::Setting {
                $crate::components::parameter::Setting::Text($name::WORDS[self as usize].name.to_string())
            }
        }
    };
}

/// A component's settings: the typed struct that its code reads, and the table that describes it to everybody else.
/// `name: Type = default, domain, group, "label", "help";`; the parameter's name is the field's in kebab-case.
#[macro_export]
macro_rules! parameters {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($field:ident: $type:ty = $default:expr, $domain:expr, $group:ident, $label:literal, $help:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $name { $(#[doc = $help] pub $field: $type),* }

        impl $name {
            /// A call of its own, which the compiler may not see through: in the page a table comes when it is asked for.
            #[inline(never)]
            pub fn parameters() -> &'static [$crate::components::parameter::Parameter] {
                const TABLE: &[$crate::components::parameter::Parameter] = &[$($crate::components::parameter::Parameter {
                    name: $crate::kebab!($field),
                    label: $label,
                    domain: $domain,
                    default: || <$type as $crate::components::parameter::Read>::setting($default),
                    group: $crate::components::parameter::Group::$group,
                    help: $crate::late!($help),
                }),*];
                std::hint::black_box(TABLE)
            }

            /// The settings as the document has them, the defaults where it is silent. Settings were checked before.
            pub fn read(_settings: &$crate::components::parameter::Settings) -> $name {
                $name { $($field: {
                    $crate::components::parameter::given(_settings, $crate::kebab!($field)).unwrap_or_else(|| $default)
                }),* }
            }
        }

        impl Default for $name {
            fn default() -> $name { $name { $($field: $default),* } }
        }
    };
}

/// `max_age` → `max-age`, when the program is built.
#[macro_export]
macro_rules! kebab {
    ($field:ident) => {{
        const BYTES: [u8; stringify!($field).len()] =
            $crate::components::parameter::kebab(stringify!($field));
        const NAME: &str = match std::str::from_utf8(&BYTES) {
            Ok(name) => name,
            Err(_) => panic!("a dash for a line below breaks no text"),
        };
        NAME
    }};
}

/// The bytes of [`kebab!`](crate::kebab).
pub const fn kebab<const N: usize>(field: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut i = 0;
    while i < N {
        bytes[i] = if field.as_bytes()[i] == b'_' { b'-' } else { field.as_bytes()[i] };
        i += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    choice! {
        pub enum Colour {
            Red = "red", "Red", "Stop.";
            DeepBlue = "deep-blue", "Deep blue", "The sea.";
        }
    }

    parameters! {
        pub struct Example {
            workers: u32 = 8, Domain::Count { least: 1, most: 1024, unit: "workers" }, Basic, "Workers", "At once.";
            reads: f64 = 0.9, Domain::Share, Basic, "Reads", "Share of reads.";
            rate: f64 = 120.0, Domain::Rate { least: 0.0, most: 1e6 }, Basic, "Rate", "A second.";
            max_age: Duration = Duration::from_secs(60), Domain::Time { least: Duration::ZERO, most: Duration::from_secs(3600) }, Advanced, "Age", "At most.";
            service: Distribution = Distribution::Exponential(Duration::from_millis(12)), Domain::Times { most: Duration::from_secs(60) }, Basic, "Service", "Time.";
            on: bool = true, Domain::Flag, Basic, "On", "Is it?";
            colour: Colour = Colour::Red, Domain::Choice(Colour::WORDS), Basic, "Colour", "Which?";
        }
    }

    fn parameter(name: &str) -> &'static Parameter {
        Example::parameters().iter().find(|p| p.name == name).unwrap()
    }

    #[test]
    fn settings_are_read_and_written_back() {
        for (name, text, written) in [
            ("workers", "16", "16"),
            ("reads", "90%", "90%"),
            ("reads", "0.07", "7%"),
            ("reads", "33.3%", "33.3%"),
            ("rate", "120/s", "120/s"),
            ("rate", "60/min", "1/s"),
            ("max-age", "250ms", "250ms"),
            ("service", "exp(2ms)", "exp(2ms)"),
            ("on", "off", "off"),
            ("colour", "deep-blue", "deep-blue"),
        ] {
            let p = parameter(name);
            let setting = p.read(text).unwrap_or_else(|e| panic!("{name}={text}: {e}"));
            assert_eq!(p.write(&setting), written);
            assert_eq!(p.read(written), Ok(setting));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_in_words() {
        let error = parameter("workers").read("0").unwrap_err().to_string();
        assert_eq!(error, "workers must be a whole number of workers from 1 to 1024, not “0”");
        for (name, text) in [
            ("workers", "1.5"),
            ("workers", "-1"),
            ("reads", "101%"),
            ("reads", "NaN"),
            ("rate", "inf/s"),
            ("rate", "5/fortnight"),
            ("max-age", "2h"),
            ("service", "exp(2h)"),
            ("on", "perhaps"),
            ("colour", "green"),
        ] {
            assert!(parameter(name).read(text).is_err(), "{name}={text}");
        }
    }

    #[test]
    fn the_typed_settings_follow_the_table() {
        let mut settings = Settings::new();
        settings.insert("max-age".into(), parameter("max-age").read("5s").unwrap());
        settings.insert("colour".into(), parameter("colour").read("deep-blue").unwrap());
        let example = Example::read(&settings);
        assert_eq!((example.max_age, example.colour), (Duration::from_secs(5), Colour::DeepBlue));
        assert_eq!(Example { ..example }.workers, Example::default().workers);
        for p in Example::parameters() {
            assert!(p.allows(&(p.default)()), "the default of {} is outside its domain", p.name);
        }
    }
}
