//! The search for the smallest set of faults that breaks a board's promises: first every fault alone, then every two,
//! then what was found made as small as it can be. It may not know how many runs go on at once, nor who asked.

use super::goal::{Goal, Question};
use super::prove::BEAT;
use crate::run::Run;
use crate::scenario::fault::{Fault, LinkName, Way};
use crate::scenario::problem::{self, Problem};
use crate::scenario::{Document, Scheduled, name};
use crate::stdx::{Distribution, Duration, Instant};

/// A fault and, where there is one, what ends it.
#[derive(Clone, PartialEq, Debug)]
pub struct Deed {
    pub fault: Fault,
    pub end: Option<Fault>,
}

/// What became of one promise.
#[derive(Clone, PartialEq, Debug)]
pub enum Fate {
    /// It is not kept without any fault: there is nothing to search.
    Idle,
    /// No run broke it.
    Withstood,
    /// The smallest schedule found that breaks it: without any one of its faults it is kept.
    Broken(Vec<Scheduled>),
}

/// What a search found, one fate a promise, and how many runs it took.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    pub fates: Vec<Fate>,
    pub runs: usize,
    /// Whether every single fault and every pair was tried for whatever withstood.
    pub whole: bool,
}

/// Answers [`kept`] for each document, in order, on as many cores as it has.
pub type Judge<'a> = dyn FnMut(&[Document]) -> Vec<Vec<Option<bool>>> + 'a;

/// Whether each promise is kept over a whole run of the document; None: there was nothing to measure.
pub fn kept(document: &Document, promises: &[Goal]) -> Vec<Option<bool>> {
    let mut run = Run::new(document);
    let mut questions: Vec<Question> = promises.iter().cloned().map(Question::new).collect();
    let end = Instant::START + document.until;
    // Without a condition only the first look and the last one count.
    let beat = match promises.iter().all(|p| p.during.is_empty()) {
        true => document.until,
        false => BEAT,
    };
    questions.iter_mut().for_each(|q| q.look(run.state()));
    while run.now() < end {
        run.advance_to((run.now() + beat).min(end), u64::MAX);
        questions.iter_mut().for_each(|q| q.look(run.state()));
    }
    questions.iter().map(|q| q.answer(run.state()).map(|(_, yes)| yes)).collect()
}

/// The promises that a board keeps by itself: its verdicts that hold when nothing happens to it.
pub fn promises(document: &Document) -> Vec<Goal> {
    let quiet = Document { schedule: Vec::new(), ..document.clone() };
    let mut run = Run::new(&quiet);
    run.advance_to(Instant::START + quiet.until, u64::MAX);
    let verdicts = run.state().judge().verdicts();
    let holding = verdicts.iter().filter(|v| matches!(v.state, crate::judge::State::Holds));
    holding.map(|v| format!("{} holds", v.id).parse().expect("every verdict can be a goal")).collect()
}

/// Searches with at most so many runs.
pub fn search(document: &Document, promises: &[Goal], most: usize, judge: &mut Judge) -> Found {
    let quiet = Document { schedule: Vec::new(), ..document.clone() };
    let alone = judge(std::slice::from_ref(&quiet)).remove(0);
    let fate = |kept: &Option<bool>| if *kept == Some(true) { Fate::Withstood } else { Fate::Idle };
    let mut found = Found { fates: alone.iter().map(fate).collect(), runs: 1, whole: true };
    let deeds = deeds(&quiet);
    let singles: Vec<Vec<Scheduled>> = deeds.iter().map(|d| schedule(&quiet, &[d])).collect();
    found.round(&quiet, singles, most, judge);
    // The order matters: a copy that is promoted before its master dies is another story than after.
    let pairs = deeds.iter().flat_map(|a| deeds.iter().map(move |b| (a, b))).filter(|(a, b)| a != b);
    let pairs = pairs.map(|(a, b)| schedule(&quiet, &[a, b])).collect();
    found.round(&quiet, pairs, most, judge);
    for index in 0..promises.len() {
        found.shrink(&quiet, index, judge);
    }
    found
}

/// Documents given to `judge` at once: enough to keep many cores busy, few enough to stop soon after the last promise.
const BATCH: usize = 64;

impl Found {
    fn open(&self) -> bool {
        self.fates.contains(&Fate::Withstood)
    }

    /// Tries schedules in their order until every promise is broken; the first that breaks one is kept.
    fn round(&mut self, quiet: &Document, schedules: Vec<Vec<Scheduled>>, most: usize, judge: &mut Judge) {
        for batch in schedules.chunks(BATCH) {
            let batch = &batch[..batch.len().min(most.saturating_sub(self.runs))];
            if !self.open() || batch.is_empty() {
                self.whole &= !self.open();
                return;
            }
            let documents: Vec<Document> =
                batch.iter().map(|s| Document { schedule: s.clone(), ..quiet.clone() }).collect();
            self.runs += documents.len();
            for (schedule, kept) in batch.iter().zip(judge(&documents)) {
                for (fate, kept) in self.fates.iter_mut().zip(kept) {
                    if *fate == Fate::Withstood && kept == Some(false) {
                        *fate = Fate::Broken(schedule.clone());
                    }
                }
            }
        }
    }

    /// Takes faults out of a broken promise's schedule for as long as it stays broken.
    fn shrink(&mut self, quiet: &Document, index: usize, judge: &mut Judge) {
        while let Fate::Broken(schedule) = &self.fates[index] {
            let without = |i: usize| {
                let mut less = schedule.clone();
                less.remove(i);
                Document { schedule: less, ..quiet.clone() }
            };
            let documents: Vec<Document> = (0..schedule.len()).map(without).collect();
            self.runs += documents.len();
            let broken = judge(&documents).iter().rposition(|kept| kept[index] == Some(false));
            let Some(less) = broken else { return };
            self.fates[index] = Fate::Broken(documents[less].schedule.clone());
        }
    }
}

/// When the first and the second deed begin and end, as shares of the run in percent: late enough for the board to have
/// filled, early enough to see what comes of it.
const SLOTS: [(u64, u64); 2] = [(30, 60), (40, 70)];

fn schedule(document: &Document, deeds: &[&Deed]) -> Vec<Scheduled> {
    let at = |percent: u64| Instant::START + Duration(document.until.0 / 100 * percent);
    let mut schedule = document.schedule.clone();
    for (deed, (begin, end)) in deeds.iter().zip(SLOTS) {
        schedule.push(Scheduled { at: at(begin), fault: deed.fault.clone() });
        schedule.extend(deed.end.clone().map(|fault| Scheduled { at: at(end), fault }));
    }
    schedule.sort_by_key(|s| s.at);
    schedule
}

/// Everything that is worth trying on this board. Clones are alike: one stands for all, beside the card as a whole.
pub fn deeds(document: &Document) -> Vec<Deed> {
    let mut all: Vec<Deed> = Vec::new();
    let mut deed = |fault: Fault, end: Option<Fault>| all.push(Deed { fault, end });
    let ways = [Way::Both, Way::Forth, Way::Back];
    let second = Distribution::Fixed(Duration::from_secs(1));
    for link in &document.links {
        for link in ends(document, &link.name()) {
            for way in ways {
                deed(Fault::Cut { link: link.clone(), way }, Some(Fault::Heal { link: link.clone() }));
            }
            let by = Distribution::Fixed(Duration::ZERO);
            deed(
                Fault::Delay { link: link.clone(), by: second.clone() },
                Some(Fault::Delay { link: link.clone(), by }),
            );
            deed(Fault::Loss { link: link.clone(), share: 0.3 }, Some(Fault::Loss { link, share: 0.0 }));
        }
    }
    for card in &document.machines {
        for machine in selves(document, &card.name) {
            let m = || machine.clone();
            for host in [false, true] {
                deed(Fault::Crash { machine: m(), host }, Some(Fault::Restart { machine: m() }));
            }
            deed(Fault::Pause { machine: m() }, Some(Fault::Resume { machine: m() }));
            deed(Fault::Isolate { machine: m() }, Some(Fault::HealAll));
            deed(Fault::Slow { machine: m(), factor: 10.0 }, Some(Fault::Slow { machine: m(), factor: 1.0 }));
            deed(
                Fault::Traffic { machine: m(), factor: 5.0 },
                Some(Fault::Traffic { machine: m(), factor: 1.0 }),
            );
            for behind in [false, true] {
                deed(Fault::Skew { machine: m(), ahead: Duration::from_secs(2), behind }, None);
            }
            deed(Fault::Promote { machine: m() }, None);
            deed(Fault::DropCache { machine: m() }, None);
            deed(Fault::LoseDisk { machine: m() }, None);
            deed(Fault::FillDisk { machine: m() }, None);
            deed(Fault::Deploy { machine: m(), version: 2 }, None);
        }
    }
    for (i, one) in document.zones.iter().enumerate() {
        let zone = || one.name.clone();
        deed(Fault::Outage { zone: zone() }, Some(Fault::Recover { zone: zone() }));
        for other in &document.zones[i + 1..] {
            let other = || other.name.clone();
            let join = || Some(Fault::Join { one: zone(), other: other() });
            for way in [Way::Both, Way::Forth, Way::Back] {
                deed(Fault::Part { one: zone(), other: other(), way }, join());
            }
        }
    }
    let run = Run::new(document);
    all.retain(|deed| {
        let planned = Document { schedule: schedule(document, &[deed]), ..document.clone() };
        !problem::check(&planned).iter().any(Problem::is_error)
            && run.clone().fault(deed.fault.clone()).is_ok()
    });
    all
}

/// A card, and its first clone where it has several.
fn selves(document: &Document, card: &str) -> Vec<String> {
    let clones = document.machine(card).map_or(1, |m| m.clones());
    let first = (clones > 1).then(|| name::clone(card, 1));
    first.into_iter().chain([card.to_string()]).collect()
}

/// A line between two cards, and the line between their first clones where they have several.
fn ends(document: &Document, link: &LinkName) -> Vec<LinkName> {
    let one = |card: &str| selves(document, card).remove(0);
    let first = LinkName::new(one(&link.from), link.wire, one(&link.to));
    if first == *link { vec![first] } else { vec![first, link.clone()] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::notation;

    fn find(board: &str, promise: &str) -> (Fate, bool) {
        let document = notation::parse(board).unwrap();
        let promises: Vec<Goal> = vec![promise.parse().unwrap()];
        let found =
            search(&document, &promises, 400, &mut |all| all.iter().map(|d| kept(d, &promises)).collect());
        (found.fates[0].clone(), found.whole)
    }

    /// The faults of a fate, without their instants.
    fn faults(fate: &Fate) -> String {
        match fate {
            Fate::Broken(schedule) => {
                schedule.iter().map(|s| s.fault.to_string()).collect::<Vec<_>>().join("; ")
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn one_cut_ends_the_service_of_a_single_database() {
        let board = "until 6s\nusers u rate=40/s timeout=200ms\ndatabase db\nu -> db";
        let (fate, _) = find(board, "success >= 99%");
        assert_eq!(faults(&fate), "cut u->db");
    }

    #[test]
    fn a_lost_disk_loses_what_a_lagging_copy_does_not_have_yet() {
        let board = "until 6s\nusers u rate=40/s keys=5 reads=50%\ndatabase db\ndatabase copy\n\
                     u -> db\ndb => copy mode=async latency=300ms";
        let (fate, _) = find(board, "durable holds");
        assert_eq!(faults(&fate), "lose-disk db");
    }

    #[test]
    fn one_database_alone_never_tells_two_stories() {
        let board = "until 6s\nusers u rate=40/s keys=5 reads=50%\ndatabase db\nu -> db";
        let (fate, _) = find(board, "linearizable holds");
        assert_eq!(fate, Fate::Withstood);
    }

    /// A search in which a promise is broken by exactly the schedules that hold these faults.
    fn imagined(needed: &[&str], most: usize) -> Found {
        let board = "users u\nload-balancer lb\ndatabase a\ndatabase b\nu -> lb -> a\nlb -> b";
        let document = notation::parse(board).unwrap();
        let holds = |d: &Document| d.schedule.iter().map(|s| s.fault.to_string()).collect::<Vec<_>>();
        let judge = |d: &Document| vec![Some(!needed.iter().all(|n| holds(d).iter().any(|h| h == n)))];
        let promises = ["success >= 99%".parse().unwrap()];
        search(&document, &promises, most, &mut |all| all.iter().map(judge).collect())
    }

    #[test]
    fn two_faults_are_found_where_one_does_not_do_and_nothing_else_is_kept_with_them() {
        let found = imagined(&["crash b", "crash a"], 100_000);
        assert_eq!(faults(&found.fates[0]), "crash a; crash b");
        let found = imagined(&["cut u->lb", "restart b"], 100_000);
        assert_eq!(faults(&found.fates[0]), "cut u->lb; restart b");
    }

    #[test]
    fn a_search_ends_at_its_limit_and_says_so() {
        let three = ["crash a", "crash b", "crash lb"];
        let found = imagined(&three, 50);
        assert_eq!((found.fates, found.runs, found.whole), (vec![Fate::Withstood], 50, false));
        let found = imagined(&three, 100_000);
        assert_eq!((found.fates, found.whole), (vec![Fate::Withstood], true));
    }

    #[test]
    fn a_promise_that_is_not_kept_is_told_and_not_searched() {
        let (fate, whole) = find("until 6s\nusers u rate=40/s\ndatabase db\nu -> db", "success < 1%");
        assert_eq!((fate, whole), (Fate::Idle, true));
    }
}
