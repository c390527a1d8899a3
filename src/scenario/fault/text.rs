//! The one text form of a fault: how the notation, the lessons, the menus and the list of events write it and read it.
//! It may not know which machines there are.

use super::{Fault, LinkName, Way};
use crate::components::Wire;
use crate::components::parameter::{Domain, Group, Parameter, Read, Setting};
use crate::scenario::{name, suggest};
use crate::stdx::{Distribution, Duration};
use std::fmt;
use std::str::FromStr;

/// What a verb acts on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    Machine,
    Link,
    Zone,
    Zones,
    Everything,
}

/// One sort of fault, as menus and help show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verb {
    /// As the notation writes it.
    pub word: &'static str,
    /// As a menu writes it.
    pub label: &'static str,
    pub subject: Subject,
    /// How it is written, as an example.
    pub usage: &'static str,
}

const fn verb(word: &'static str, label: &'static str, subject: Subject, usage: &'static str) -> Verb {
    Verb { word, label, subject, usage }
}

/// Every fault, in the menu's order.
pub const VERBS: [Verb; 22] = [
    verb(
        "crash",
        "Crash",
        Subject::Machine,
        "crash web-2, or crash web-2 host when its host falls silent too",
    ),
    verb("restart", "Restart", Subject::Machine, "restart web-2"),
    verb("pause", "Pause", Subject::Machine, "pause db"),
    verb("resume", "Resume", Subject::Machine, "resume db"),
    verb("slow", "Slow", Subject::Machine, "slow db x4"),
    verb("isolate", "Isolate", Subject::Machine, "isolate db"),
    verb("cut", "Cut", Subject::Link, "cut db=>copy, or cut db=>copy forth (or back) for one way"),
    verb("heal", "Heal", Subject::Link, "heal db=>copy, or heal all"),
    verb("delay", "Delay", Subject::Link, "delay web->db 80ms"),
    verb("loss", "Lose packets", Subject::Link, "loss web->db 5%"),
    verb(
        "part",
        "Part two zones",
        Subject::Zones,
        "part east west, or part east west forth (or back) for one way",
    ),
    verb("join", "Join two zones", Subject::Zones, "join east west"),
    verb("outage", "Outage", Subject::Zone, "outage east"),
    verb("recover", "Recover", Subject::Zone, "recover east"),
    verb("lose-disk", "Lose a disk", Subject::Machine, "lose-disk raid"),
    verb("fill-disk", "Fill the disk", Subject::Machine, "fill-disk db"),
    verb("skew", "Skew the clock", Subject::Machine, "skew db 5s, or skew db -200ms"),
    verb("drop-cache", "Empty the cache", Subject::Machine, "drop-cache cache"),
    verb("promote", "Promote", Subject::Machine, "promote copy"),
    verb("deploy", "Deploy a version", Subject::Machine, "deploy web 2"),
    verb("traffic", "Change the traffic", Subject::Machine, "traffic shoppers x3"),
    verb("heal all", "Heal all", Subject::Everything, "heal all"),
];

/// Why a text is not a fault (or not a link's name): where, what is wrong, and what to write instead.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{says} {help}")]
pub struct FaultError {
    /// Bytes from the text's start.
    pub at: usize,
    pub says: String,
    pub help: String,
}

/// The numbers in faults are described as settings are, so that they are read, checked and written alike.
const fn argument(name: &'static str, domain: Domain) -> Parameter {
    Parameter {
        name,
        label: name,
        domain,
        default: || Setting::Number(1.0),
        group: Group::Basic,
        help: crate::late!(""),
    }
}
const SLOWER: Parameter = argument("the factor", Domain::Number { least: 0.01, most: 1000.0, unit: "" });
const TRAFFIC: Parameter = argument("the factor", Domain::Number { least: 0.0, most: 1000.0, unit: "" });
const LOSS: Parameter = argument("the loss", Domain::Share);
const DELAY: Parameter = argument("the delay", Domain::Times { most: Duration::from_secs(3600) });
const AHEAD: Parameter =
    argument("the skew", Domain::Time { least: Duration::ZERO, most: Duration::from_secs(3600 * 24 * 365) });
const VERSION: Parameter =
    argument("the version", Domain::Count { least: 1, most: u32::MAX as u64, unit: "" });

impl fmt::Display for LinkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.from, self.wire.arrow(), self.to)
    }
}

impl LinkName {
    pub fn new(from: impl Into<String>, wire: Wire, to: impl Into<String>) -> LinkName {
        LinkName { from: from.into(), to: to.into(), wire }
    }

    /// With air around the arrow, for people: `db => copy`.
    pub fn words(&self) -> String {
        format!("{} {} {}", self.from, self.wire.arrow(), self.to)
    }
}

/// `db=>copy`, with or without spaces around the arrow.
impl FromStr for LinkName {
    type Err = FaultError;
    fn from_str(text: &str) -> Result<LinkName, FaultError> {
        let mut reader = Reader { text, at: 0, usage: "db=>copy" };
        let link = reader.link()?;
        reader.end()?;
        Ok(link)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Crash { machine, host: false } => write!(f, "crash {machine}"),
            Fault::Crash { machine, host: true } => write!(f, "crash {machine} host"),
            Fault::Restart { machine } => write!(f, "restart {machine}"),
            Fault::Pause { machine } => write!(f, "pause {machine}"),
            Fault::Resume { machine } => write!(f, "resume {machine}"),
            Fault::Slow { machine, factor } => write!(f, "slow {machine} x{factor}"),
            Fault::Cut { link, way: Way::Both } => write!(f, "cut {link}"),
            Fault::Cut { link, way: Way::Forth } => write!(f, "cut {link} forth"),
            Fault::Cut { link, way: Way::Back } => write!(f, "cut {link} back"),
            Fault::Heal { link } => write!(f, "heal {link}"),
            Fault::HealAll => f.write_str("heal all"),
            Fault::Delay { link, by } => write!(f, "delay {link} {by}"),
            Fault::Loss { link, share } => write!(f, "loss {link} {}", LOSS.write(&Setting::Number(*share))),
            Fault::Isolate { machine } => write!(f, "isolate {machine}"),
            Fault::Part { one, other, way: Way::Both } => write!(f, "part {one} {other}"),
            Fault::Part { one, other, way: Way::Forth } => write!(f, "part {one} {other} forth"),
            Fault::Part { one, other, way: Way::Back } => write!(f, "part {one} {other} back"),
            Fault::Join { one, other } => write!(f, "join {one} {other}"),
            Fault::Outage { zone } => write!(f, "outage {zone}"),
            Fault::Recover { zone } => write!(f, "recover {zone}"),
            Fault::LoseDisk { machine } => write!(f, "lose-disk {machine}"),
            Fault::FillDisk { machine } => write!(f, "fill-disk {machine}"),
            Fault::Skew { machine, ahead, behind } => {
                write!(f, "skew {machine} {}{ahead}", if *behind { "-" } else { "" })
            }
            Fault::DropCache { machine } => write!(f, "drop-cache {machine}"),
            Fault::Promote { machine } => write!(f, "promote {machine}"),
            Fault::Deploy { machine, version } => write!(f, "deploy {machine} {version}"),
            Fault::Traffic { machine, factor } => write!(f, "traffic {machine} x{factor}"),
        }
    }
}

impl Fault {
    /// What has happened, for people: "db => copy cut".
    pub fn words(&self) -> String {
        match self {
            Fault::Crash { machine, host: false } => format!("{machine} crashed"),
            Fault::Crash { machine, host: true } => format!("{machine} lost with its host"),
            Fault::Restart { machine } => format!("{machine} restarted"),
            Fault::Pause { machine } => format!("{machine} paused"),
            Fault::Resume { machine } => format!("{machine} resumed"),
            Fault::Slow { machine, factor } if *factor == 1.0 => format!("{machine} at its normal speed"),
            Fault::Slow { machine, factor } => format!("{machine} slowed ×{factor}"),
            Fault::Cut { link, way: Way::Both } => format!("{} cut", link.words()),
            Fault::Cut { link, way: Way::Forth } => {
                format!("{} cut from {} to {}", link.words(), link.from, link.to)
            }
            Fault::Cut { link, way: Way::Back } => {
                format!("{} cut from {} to {}", link.words(), link.to, link.from)
            }
            Fault::Heal { link } => format!("{} healed", link.words()),
            Fault::HealAll => "every link healed".into(),
            Fault::Delay { link, by } if *by == Distribution::default() => {
                format!("{} no longer delayed", link.words())
            }
            Fault::Delay { link, by } => format!("{} delayed by {by}", link.words()),
            Fault::Loss { link, share } => {
                format!("{} loses {}", link.words(), LOSS.write(&Setting::Number(*share)))
            }
            Fault::Isolate { machine } => format!("{machine} isolated"),
            Fault::Part { one, other, way: Way::Both } => format!("{one} and {other} parted"),
            Fault::Part { one, other, way: Way::Forth } => format!("nothing gets from {one} to {other}"),
            Fault::Part { one, other, way: Way::Back } => format!("nothing gets from {other} to {one}"),
            Fault::Join { one, other } => format!("{one} and {other} joined again"),
            Fault::Outage { zone } => format!("outage of {zone}"),
            Fault::Recover { zone } => format!("{zone} back after its outage"),
            Fault::LoseDisk { machine } => format!("{machine} lost a disk"),
            Fault::FillDisk { machine } => format!("the disk of {machine} is full"),
            Fault::Skew { machine, ahead, .. } if ahead.is_zero() => {
                format!("the clock of {machine} is right")
            }
            Fault::Skew { machine, ahead, behind } => {
                format!("the clock of {machine} is {ahead} {}", if *behind { "behind" } else { "ahead" })
            }
            Fault::DropCache { machine } => format!("{machine} emptied"),
            Fault::Promote { machine } => format!("{machine} promoted"),
            Fault::Deploy { machine, version } => format!("version {version} deployed on {machine}"),
            Fault::Traffic { machine, factor } => format!("traffic of {machine} ×{factor}"),
        }
    }
}

/// As `Display` writes it; `×4` and `4` do for `x4`.
impl FromStr for Fault {
    type Err = FaultError;
    fn from_str(text: &str) -> Result<Fault, FaultError> {
        let mut r = Reader { text, at: 0, usage: "cut db=>copy" };
        let (at, word) = r.word("what happens")?;
        let Some(verb) = VERBS.iter().find(|v| v.word == word) else {
            let help = match suggest::nearest(word, VERBS.iter().map(|v| v.word)) {
                Some(near) => format!("Did you mean {near}?"),
                None => {
                    let known: Vec<&str> =
                        VERBS.iter().map(|v| v.word).filter(|w| !w.contains(' ')).collect();
                    format!("Faults are {}.", known.join(", "))
                }
            };
            return Err(FaultError {
                at,
                says: format!("There is no fault “{}”.", suggest::clip(word)),
                help,
            });
        };
        r.usage = verb.usage;
        let fault = match word {
            "crash" => {
                let machine = r.name("a machine")?;
                let host = r.optional(&["host"]).is_some();
                Fault::Crash { machine, host }
            }
            "restart" => Fault::Restart { machine: r.name("a machine")? },
            "pause" => Fault::Pause { machine: r.name("a machine")? },
            "resume" => Fault::Resume { machine: r.name("a machine")? },
            "slow" => Fault::Slow { machine: r.name("a machine")?, factor: r.factor(&SLOWER)? },
            "isolate" => Fault::Isolate { machine: r.name("a machine")? },
            "cut" => Fault::Cut { link: r.link()?, way: r.way() },
            "heal" if r.rest().trim() == "all" => {
                r.at = text.len();
                Fault::HealAll
            }
            "heal" => Fault::Heal { link: r.link()? },
            "delay" => Fault::Delay { link: r.link()?, by: r.remaining(&DELAY)? },
            "loss" => Fault::Loss { link: r.link()?, share: r.remaining(&LOSS)? },
            "part" => Fault::Part { one: r.name("a zone")?, other: r.name("another zone")?, way: r.way() },
            "join" => Fault::Join { one: r.name("a zone")?, other: r.name("another zone")? },
            "outage" => Fault::Outage { zone: r.name("a zone")? },
            "recover" => Fault::Recover { zone: r.name("a zone")? },
            "lose-disk" => Fault::LoseDisk { machine: r.name("a machine")? },
            "fill-disk" => Fault::FillDisk { machine: r.name("a machine")? },
            "skew" => {
                let machine = r.name("a machine")?;
                r.skip_spaces();
                let behind = r.rest().starts_with('-');
                r.at += behind as usize;
                Fault::Skew { machine, ahead: r.remaining(&AHEAD)?, behind }
            }
            "drop-cache" => Fault::DropCache { machine: r.name("a machine")? },
            "promote" => Fault::Promote { machine: r.name("a machine")? },
            "deploy" => Fault::Deploy { machine: r.name("a machine")?, version: r.remaining(&VERSION)? },
            "traffic" => Fault::Traffic { machine: r.name("a machine")?, factor: r.factor(&TRAFFIC)? },
            _ => unreachable!("every one-word verb of the table is read above"),
        };
        r.end()?;
        Ok(fault)
    }
}

/// Reads a fault's text from left to right.
struct Reader<'a> {
    text: &'a str,
    /// In bytes, always at a character's start.
    at: usize,
    usage: &'static str,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn wrong(&self, at: usize, says: String) -> FaultError {
        FaultError { at, says, help: format!("It is written {}.", self.usage) }
    }

    /// The next word and where it begins.
    fn word(&mut self, what: &str) -> Result<(usize, &'a str), FaultError> {
        self.skip_spaces();
        let (at, rest) = (self.at, self.rest());
        if rest.is_empty() {
            return Err(self.wrong(at, format!("Here {what} is missing.")));
        }
        let word = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        self.at += word.len();
        Ok((at, word))
    }

    fn name(&mut self, what: &str) -> Result<String, FaultError> {
        let (at, word) = self.word(what)?;
        name::check(word).map_err(|says| FaultError {
            at,
            says,
            help: format!("Here {what} is named, as in: {}.", self.usage),
        })?;
        Ok(word.to_string())
    }

    /// The next word if it is one of these.
    fn optional(&mut self, words: &[&'static str]) -> Option<&'static str> {
        self.skip_spaces();
        let rest = self.rest();
        let next = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        let found = words.iter().find(|w| **w == next)?;
        self.at += found.len();
        Some(found)
    }

    fn way(&mut self) -> Way {
        match self.optional(&["forth", "back"]) {
            Some("forth") => Way::Forth,
            Some(_) => Way::Back,
            None => Way::Both,
        }
    }

    fn link(&mut self) -> Result<LinkName, FaultError> {
        let from = self.end_of_link()?;
        self.skip_spaces();
        let Some(wire) = name::arrow(self.rest()) else {
            return Err(self.wrong(self.at, format!("After “{from}” an arrow is missing: ->, =>, <=> or ..")));
        };
        self.at += wire.arrow().len();
        let to = self.end_of_link()?;
        Ok(LinkName { from, to, wire })
    }

    fn end_of_link(&mut self) -> Result<String, FaultError> {
        self.skip_spaces();
        let length = name::length(self.rest());
        let name = &self.rest()[..length];
        if name.is_empty() {
            return Err(self.wrong(self.at, "Here the name of a machine is missing.".into()));
        }
        name::check(name).map_err(|says| self.wrong(self.at, says))?;
        self.at += length;
        Ok(name.to_string())
    }

    /// All the rest as the value of this argument.
    fn remaining<T: Read>(&mut self, parameter: &Parameter) -> Result<T, FaultError> {
        self.skip_spaces();
        let at = self.at;
        let text = self.rest();
        if text.trim().is_empty() {
            return Err(self.wrong(at, format!("Here {} is missing.", parameter.name)));
        }
        let setting = parameter
            .read(text)
            .map_err(|error| self.wrong(at, format!("{}.", suggest::sentence(&error))))?;
        self.at = self.text.len();
        Ok(T::read(&setting).expect("an argument's setting has the argument's type"))
    }

    fn factor(&mut self, parameter: &Parameter) -> Result<f64, FaultError> {
        self.skip_spaces();
        if let Some(sign) = self.rest().chars().next().filter(|c| matches!(c, 'x' | '×')) {
            self.at += sign.len_utf8();
        }
        self.remaining(parameter)
    }

    fn end(&mut self) -> Result<(), FaultError> {
        self.skip_spaces();
        if self.rest().is_empty() {
            return Ok(());
        }
        Err(self.wrong(self.at, format!("“{}” is too much here.", suggest::clip(self.rest()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in [
            "crash web-2",
            "crash web-2 host",
            "restart web",
            "pause db",
            "resume db",
            "slow db x4",
            "slow db x0.25",
            "cut db=>copy",
            "cut db=>copy forth",
            "cut east<=>west back",
            "heal a..b",
            "heal all",
            "delay web-2->db 80ms",
            "delay web->db exp(80ms)",
            "delay web->db 0s",
            "loss web->db 5%",
            "loss web->db 33.3%",
            "isolate db",
            "part east west",
            "outage east",
            "lose-disk raid",
            "fill-disk db",
            "skew db 5s",
            "skew db -200ms",
            "drop-cache cache",
            "promote copy",
            "deploy web 2",
            "traffic shoppers x3",
            "traffic shoppers x0",
        ] {
            let fault: Fault = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(fault.to_string(), text);
            assert!(!fault.words().is_empty());
        }
    }

    #[test]
    fn what_people_write_is_understood() {
        for (text, written) in [
            ("  cut   db  =>  copy   back ", "cut db=>copy back"),
            ("slow db ×4", "slow db x4"),
            ("slow db 4", "slow db x4"),
            ("heal   all", "heal all"),
            ("delay web -> db uniform(1ms, 3ms)", "delay web->db uniform(1ms,3ms)"),
            ("loss web->db 0.05", "loss web->db 5%"),
            // A name may end in a hyphen: the last one before `>` belongs to the arrow.
            ("cut a- -> b", "cut a-->b"),
        ] {
            let read = text.parse::<Fault>().map(|f| f.to_string());
            assert_eq!(read, Ok(written.to_string()), "{text}");
        }
    }

    #[test]
    fn what_is_no_fault_is_refused_with_a_place_and_a_way_out() {
        for (text, at, says) in [
            ("", 0, "Here what happens is missing."),
            ("crahs web", 0, "There is no fault “crahs”."),
            ("crash", 5, "Here a machine is missing."),
            ("crash 2web", 6, "“2web” is not a name"),
            ("crash web hosts", 10, "“hosts” is too much here."),
            ("slow db", 7, "Here the factor is missing."),
            ("slow db x0", 9, "The factor must be a number from 0.01 to 1000"),
            ("slow db xNaN", 9, "The factor must be"),
            ("cut db copy", 7, "After “db” an arrow is missing"),
            ("cut db=>", 8, "Here the name of a machine is missing."),
            ("cut db=>copy forward", 13, "“forward” is too much here."),
            ("loss a->b 200%", 10, "The loss must be a share"),
            ("skew db --5s", 9, "The skew must be a time"),
            ("deploy web 0", 11, "The version must be"),
            ("traffic web x-1", 13, "The factor must be"),
            ("heal all of it", 9, "an arrow is missing"),
        ] {
            let error = text.parse::<Fault>().expect_err(text);
            assert!(error.says.contains(says), "{text}: {error:?}");
            assert_eq!(error.at, at, "{text}: {error:?}");
        }
        assert_eq!("crahs web".parse::<Fault>().unwrap_err().help, "Did you mean crash?");
    }

    #[test]
    fn every_verb_is_read_as_its_usage_shows() {
        for verb in VERBS {
            let example = verb.usage.split(", or").next().unwrap();
            let fault: Fault = example.parse().unwrap_or_else(|e| panic!("{example}: {e}"));
            assert_eq!(fault.to_string(), example);
        }
    }
}
