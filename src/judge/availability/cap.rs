//! The label: what the run gave up while it was partitioned (CAP), and what it preferred while it was not (PACELC;
//! Abadi, "Consistency tradeoffs in modern distributed database system design", IEEE Computer 45(2), 2012).
//! In words, and always "in this run": another run may show more. It reads other checkers' results, no history.

use super::{Availability, NodeAnswers, SideAnswers};
use crate::stdx::Instant;

/// What can be said after Gilbert & Lynch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Label {
    /// Consistent and available so far, but never partitioned: nothing had to be given up.
    NeverPartitioned,
    /// Partitioned, but no key was written on one side and read on another, or no request reached a live machine.
    NotExercised,
    /// Consistent, and some request was not answered.
    ActedCp,
    /// Every request was answered, and not consistently.
    ActedAp,
    GaveUpBoth,
    /// Exercised, and nothing was given up yet: possible for a while, by luck or because the cut was not felt.
    KeptBoth,
}

impl Label {
    /// As on a badge.
    pub fn name(self) -> &'static str {
        match self {
            Label::NeverPartitioned => "CA so far: never partitioned",
            Label::NotExercised => "no verdict yet",
            Label::ActedCp => "acted CP",
            Label::ActedAp => "acted AP",
            Label::GaveUpBoth => "gave up both",
            Label::KeptBoth => "gave up nothing yet",
        }
    }
}

/// What was preferred, of two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    Availability,
    Latency,
    Consistency,
    Neither,
}

impl Choice {
    fn letter(choice: Option<Choice>) -> char {
        match choice {
            Some(Choice::Availability) => 'A',
            Some(Choice::Latency) => 'L',
            Some(Choice::Consistency) => 'C',
            Some(Choice::Neither) => '-',
            None => '?',
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pacelc {
    /// While partitioned; none while that is not known.
    pub partitioned: Option<Choice>,
    /// Otherwise; none while that is not known.
    pub otherwise: Option<Choice>,
}

impl Pacelc {
    /// `PC/EC`, `PA/EL`, …; `?` where it is not known yet, `-` where neither was kept.
    pub fn name(self) -> String {
        format!("P{}/E{}", Choice::letter(self.partitioned), Choice::letter(self.otherwise))
    }
}

/// One partition with its table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partition {
    pub from: Instant,
    /// None while it lasts.
    pub to: Option<Instant>,
    pub exercised: bool,
    /// Contradictions to linearizability among its operations.
    pub contradictions: u64,
    pub nodes: Vec<NodeAnswers>,
    pub sides: Vec<SideAnswers>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cap {
    pub label: Label,
    /// One or two sentences: "In this run …".
    pub words: String,
    pub pacelc: Pacelc,
    pub pacelc_words: String,
    /// None before the first partition that was exercised.
    pub consistent: Option<bool>,
    pub available: Option<bool>,
    /// The latest partitions, oldest first.
    pub partitions: Vec<Partition>,
}

/// What else the label depends on.
#[derive(Clone, Copy, Default, Debug)]
pub struct Elsewhere {
    /// Operations judged for linearizability, and contradictions outside all partitions.
    pub judged: u64,
    pub contradictions: u64,
    /// Acknowledged writes outside partitions that all copies had which a read may ask, and that not all of them had.
    pub waited: u64,
    pub unwaited: u64,
}

pub fn cap(availability: &Availability, elsewhere: Elsewhere) -> Cap {
    let (exercised, contradictions) = availability.outcome();
    let answers = availability.totals();
    let count = availability.partitions();
    let known = exercised && answers.reached > 0;
    let (consistent, available) = (contradictions == 0, answers.all_well());
    let label = match (count, known, consistent, available) {
        (0, ..) => Label::NeverPartitioned,
        (_, false, ..) => Label::NotExercised,
        (_, _, true, true) => Label::KeptBoth,
        (_, _, true, false) => Label::ActedCp,
        (_, _, false, true) => Label::ActedAp,
        (_, _, false, false) => Label::GaveUpBoth,
    };
    let partitioned = match label {
        Label::ActedCp => Some(Choice::Consistency),
        Label::ActedAp => Some(Choice::Availability),
        Label::GaveUpBoth => Some(Choice::Neither),
        Label::NeverPartitioned | Label::NotExercised | Label::KeptBoth => None,
    };
    let otherwise = match elsewhere {
        Elsewhere { waited: 0, unwaited: 0, .. } | Elsewhere { judged: 0, .. } => None,
        Elsewhere { contradictions: 0, unwaited: 0, .. } => Some(Choice::Consistency),
        _ => Some(Choice::Latency),
    };
    let pacelc = Pacelc { partitioned, otherwise };
    let partitions = availability.windows().iter().map(|w| Partition {
        from: w.from,
        to: w.to,
        exercised: w.exercised,
        contradictions: w.contradictions,
        nodes: w.nodes.values().copied().collect(),
        sides: w.sides(),
    });
    Cap {
        label,
        words: words(label, answers.errors + answers.unanswered, contradictions),
        pacelc,
        pacelc_words: pacelc_words(pacelc, elsewhere),
        consistent: known.then_some(consistent),
        available: known.then_some(available),
        partitions: partitions.collect(),
    }
}

fn words(label: Label, unanswered: u64, contradictions: u64) -> String {
    let requests = |n: u64| if n == 1 { "1 request".into() } else { format!("{n} requests") };
    let answers = |n: u64| if n == 1 { "1 answer".into() } else { format!("{n} answers") };
    match label {
        Label::NeverPartitioned => {
            "In this run everybody could always talk to everybody: nothing had to be given up.".into()
        }
        Label::NotExercised => {
            "In this run there was a cut, but nobody wrote a key on one side and read it on the \
             other: nothing can be said yet."
                .into()
        }
        Label::ActedCp => format!(
            "In this run consistency was kept during the cut; {} that reached live machines got no good answer.",
            requests(unanswered)
        ),
        Label::ActedAp => format!(
            "In this run every request that reached a live machine was answered during the cut; {} contradicted others.",
            answers(contradictions)
        ),
        Label::GaveUpBoth => format!(
            "In this run the cut cost both: {} got no good answer, and {} contradicted others.",
            requests(unanswered),
            answers(contradictions)
        ),
        Label::KeptBoth => {
            "In this run the cut has cost nothing yet: every request was answered, and no answer \
             contradicted another. That cannot last for all possible runs."
                .into()
        }
    }
}

fn pacelc_words(pacelc: Pacelc, elsewhere: Elsewhere) -> String {
    let partitioned = match pacelc.partitioned {
        Some(Choice::Consistency) => "during the cut it preferred consistency",
        Some(Choice::Availability) => "during the cut it preferred availability",
        Some(_) => "during the cut it kept neither",
        None => "no cut has forced a choice yet",
    };
    let otherwise = match pacelc.otherwise {
        Some(Choice::Consistency) => {
            "without a cut writes waited for every copy that a read could ask".to_string()
        }
        Some(_) if elsewhere.unwaited > 0 => format!(
            "without a cut it preferred latency: {} of {} writes were acknowledged before every copy that a read \
             could ask had them",
            elsewhere.unwaited,
            elsewhere.waited + elsewhere.unwaited
        ),
        Some(_) => {
            "without a cut answers contradicted each other although writes waited for all copies".to_string()
        }
        None => "without a cut too little was written and read to tell".to_string(),
    };
    format!("In this run {partitioned}; {otherwise}.")
}
