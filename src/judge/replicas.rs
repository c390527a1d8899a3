//! What becomes of acknowledged writes in the copies: durable or lost (the count is the RPO: what a failure cost),
//! discarded by conflict resolution (apart: by a clock that was wrong), and whether the copies converge.
//! It reads acknowledgements and the facts of ordering, applying and discarding; it sees no link and no fault.

mod adrift;
mod contents;
mod losses;
mod row;

use super::map::Keyed;
use super::verdict::{State, Tally, Verdict};
use super::witness::{Pattern, Seen, Witness, say};
use crate::history::{Entry, Fact, Gone, Key, Outcome, Process, Record, Value};
use crate::stdx::{Duration, Instant, hash};
use adrift::Adrift;
use contents::Contents;
pub use losses::Cost;
use losses::Losses;
use row::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Clone, Default, Debug)]
pub struct Replicas {
    /// Shared with checkpoints until they change.
    rows: Keyed<Arc<Row>>,
    /// Writes that have not come to any store.
    adrift: Adrift,
    sets: BTreeMap<u32, Vec<Process>>,
    down: BTreeSet<Process>,
    contents: Contents,
    /// Since the heal: when it was, and the keys that differed then with their newest version.
    healing: Option<(Instant, BTreeMap<Key, Value>)>,
    converged_in: Option<Duration>,
    parted: bool,
    acknowledged: u64,
    applied: u64,
    losses: Losses,
    outvoted: Tally,
    /// By the machine that was the last to have them: acknowledged writes lost, and discarded in a conflict.
    dropped: BTreeMap<Process, (u64, u64)>,
    skewed: u64,
}

/// How far the copies are from one another.
#[derive(Clone, PartialEq, Debug)]
pub struct Convergence {
    /// Contents that differ, over all sets: as many as there are sets if each set's copies are alike.
    pub distinct: u64,
    /// For each machine that keeps a copy: keys of which it does not show the newest version.
    pub behind: Vec<(Process, u64)>,
    /// From the last heal until every key that differed then was alike.
    pub converged_in: Option<Duration>,
}

impl Replicas {
    pub fn read(&mut self, entry: &Entry) {
        match entry.record {
            Record::Invoke(op) if op.kind.writes() => {
                self.adrift.invoked(&op);
            }
            Record::Return { op, outcome: Outcome::Fail(_) | Outcome::Unknown(_) } if op.kind.writes() => {
                self.adrift.remove(op.value);
            }
            Record::Return { op, outcome: outcome @ Outcome::Ok { .. } } if op.kind.writes() => {
                self.acknowledged += 1;
                let seen = Seen::done(op, outcome, entry.at);
                if let Some(node) = self.adrift.acknowledged(seen).filter(|_| !self.sets.is_empty()) {
                    self.lose(seen, Gone::Destroyed, node, entry.at);
                }
                let row = row(&mut self.rows, op.key);
                let Some(version) = row.find_mut(op.value) else { return };
                version.acknowledged = Some(seen);
                if let Some((why, node)) = version.gone {
                    self.lose(seen, why, node, entry.at);
                }
            }
            Record::Fact(fact) => self.fact(fact, entry.at),
            _ => {}
        }
    }

    fn fact(&mut self, fact: Fact, at: Instant) {
        match fact {
            Fact::Joined { node, set } => {
                let members = self.sets.entry(set).or_default();
                if !members.contains(&node) {
                    members.push(node);
                    self.contents.join(node);
                }
            }
            Fact::Left { node, set } => self.left(node, set, at),
            Fact::Ordered { set, key, value, over, .. } => {
                let row = row(&mut self.rows, key);
                row.set = set;
                row.add(value, over);
                self.adrift.stored(key, value);
            }
            Fact::Applied { node, set, key, value, over } => {
                self.applied += 1;
                let row = row(&mut self.rows, key);
                row.set = set;
                row.add(value, over);
                row.succeed(value, over);
                if let Some(version) = row.find_mut(value) {
                    version.shown = true;
                    if version.acknowledged.is_none() {
                        // It came elsewhere too late to be shown, and is shown here after all.
                        version.gone = None;
                    }
                }
                self.adrift.stored(key, value);
                let place = row.place_of(node);
                let before = contents::content(&row.copies[place].heads, key);
                row.show(place, value, over);
                let copy = &mut row.copies[place];
                copy.applied = (copy.applied.0.wrapping_add(hash::mix(value.0)), copy.applied.1 + 1);
                let members = self.sets.get(&set).map_or(&[][..], |m| m);
                self.contents.shown(row, members, key, place, before, at);
                self.heal(Some(key), at);
            }
            Fact::Discarded { node, set, key, value, now, why } => {
                let row = row(&mut self.rows, key);
                row.set = set;
                self.adrift.stored(key, value);
                self.adrift.stored(key, now);
                let place = row.place_of(node);
                let before = contents::content(&row.copies[place].heads, key);
                let outvoted = matches!(why, Gone::Outvoted { .. });
                // What all copies have put behind them is forgotten, and may still come to one of them late.
                let forgotten = outvoted && row.find(value).is_none();
                if !forgotten {
                    row.add(value, now);
                }
                if !outvoted {
                    row.recall(now);
                }
                let copy = &mut row.copies[place];
                copy.heads.retain(|h| *h != value);
                if now != Value::INITIAL && !copy.heads.contains(&now) {
                    copy.heads.push(now);
                    if outvoted {
                        // It has come here, and at once in the place of another.
                        copy.applied = (copy.applied.0.wrapping_add(hash::mix(now.0)), copy.applied.1 + 1);
                    }
                }
                copy.whole &= outvoted;
                if !forgotten {
                    self.missing(key, value, why, node, at);
                }
                let members = self.sets.get(&set).map_or(&[][..], |m| m);
                self.contents.shown(self::row(&mut self.rows, key), members, key, place, before, at);
                self.heal(Some(key), at);
            }
            Fact::Parted { .. } => self.parted = true,
            Fact::Whole => {
                self.parted = false;
                let newest = |key: &Key| {
                    self.rows.get(*key)?.versions.iter().rfind(|v| v.gone.is_none()).map(|v| (*key, v.value))
                };
                self.healing = Some((at, self.contents.differing.iter().filter_map(newest).collect()));
                self.converged_in = None;
                self.heal(None, at);
            }
            Fact::Reached { op, node } => self.adrift.reached(op, node),
            Fact::Down { node } => {
                self.down.insert(node);
                self.losses.down(node, self.keeps(node), at);
            }
            Fact::Up { node, anew } => {
                self.down.remove(&node);
                let lost = if anew { self.adrift.emptied(node) } else { Vec::new() };
                // Where nothing keeps copies there is nothing to be kept.
                if !self.sets.is_empty() {
                    lost.into_iter().for_each(|seen| self.lose(seen, Gone::Destroyed, node, at));
                }
            }
            _ => {}
        }
    }

    /// Looks whether what differed at the heal is alike by now; `key` is the one that has changed.
    fn heal(&mut self, key: Option<Key>, at: Instant) {
        let Some((since, pending)) = &mut self.healing else { return };
        if let Some(key) = key
            && let Some(newest) = pending.get(&key)
        {
            let row = row(&mut self.rows, key);
            let members = self.sets.get(&row.set).map_or(&[][..], |m| m);
            let everywhere = || members.iter().all(|m| row.held(*newest, |n| n == *m));
            let settled = match row.find(*newest) {
                Some(version) => version.gone.is_some() || everywhere(),
                // Forgotten: every copy has put it behind, unless there was no room for what they differ in.
                None => !row.overflowed,
            };
            if settled || !self.contents.differing.contains(&key) {
                pending.remove(&key);
            }
        }
        if pending.is_empty() {
            self.converged_in = Some(at.since(*since));
            self.healing = None;
        }
    }

    /// A copy has dropped the version: it and what it had replaced may be nowhere any more.
    fn missing(&mut self, key: Key, value: Value, why: Gone, node: Process, at: Instant) {
        let mut next = value;
        loop {
            let row = row(&mut self.rows, key);
            let members = self.sets.get(&row.set).map_or(&[][..], |m| m);
            if row.held(next, |n| members.contains(&n)) {
                return;
            }
            let Some(version) = row.find_mut(next).filter(|v| v.gone.is_none()) else { return };
            version.gone = Some((why, node));
            let (parent, acknowledged) = (version.parent, version.acknowledged);
            if let Some(seen) = acknowledged {
                self.lose(seen, why, node, at);
            }
            next = parent;
        }
    }

    fn lose(&mut self, seen: Seen, why: Gone, node: Process, at: Instant) {
        let key = seen.op.key;
        let (lost, discarded) = self.dropped.entry(node).or_default();
        *if matches!(why, Gone::Outvoted { .. }) { discarded } else { lost } += 1;
        let Gone::Outvoted { winner } = why else {
            return self.losses.lose(seen, why, node, at);
        };
        let won = row(&mut self.rows, key).find(winner).and_then(|v| v.acknowledged);
        let witness = match won.filter(|won| won.end() < seen.op.invoked) {
            Some(won) => {
                self.skewed += 1;
                Witness::new(Pattern::ClockSkew { winner }, key, at, seen, won, &[])
            }
            None => Witness::alone(Pattern::Lost(why), key, at, Some(seen)),
        };
        self.outvoted.add(witness);
    }

    /// The machine and its copy are gone for good.
    fn left(&mut self, node: Process, set: u32, at: Instant) {
        if let Some(members) = self.sets.get_mut(&set) {
            members.retain(|n| *n != node);
        }
        self.contents.leave(node);
        let mut dropped = Vec::new();
        for row in self.rows.iter_mut().filter(|r| r.set == set).map(Arc::make_mut) {
            let Some(index) = row.copies.iter().position(|c| c.node == node) else { continue };
            let copy = row.copies.remove(index);
            let key = row.versions.iter().find_map(|v| v.acknowledged).map(|s| s.op.key);
            dropped.extend(copy.heads.iter().filter_map(|head| key.map(|key| (key, *head))));
        }
        for (key, head) in dropped {
            self.missing(key, head, Gone::Destroyed, node, at);
        }
        let members = self.sets.get(&set).cloned().unwrap_or_default();
        let rows = &mut self.rows;
        self.contents.differing.retain(|key| {
            let row = row(rows, *key);
            row.differs = row.set != set || !row.alike(&members);
            row.differs
        });
    }

    /// Acknowledged writes that only machines hold which are down, by key.
    fn at_risk(&self) -> impl Iterator<Item = (&Row, Seen)> {
        // Where all members are alike, some are up unless the whole set is down.
        let risky = |row: &&Row| {
            let members = self.sets.get(&row.set).map_or(&[][..], |m| m);
            members.iter().any(|n| self.down.contains(n))
        };
        let differing = self.contents.differing.iter().filter(|_| !self.down.is_empty());
        let rows = differing.filter_map(|key| self.rows.get(*key)).map(|row| &**row).filter(risky);
        rows.flat_map(|row| {
            let only_down = row.missed(|n| !self.down.contains(&n)).filter(|v| v.gone.is_none());
            only_down.filter_map(move |v| Some((row, v.acknowledged?)))
        })
    }

    /// The run is over: what only machines have that are down is lost.
    pub fn conclude(&mut self, at: Instant) {
        let with_holder = |(row, seen): (&Row, Seen)| {
            let holds = |n: &Process| row.held(seen.op.value, |m| m == *n);
            Some((seen, self.losses.latest_down(holds).or_else(|| self.down.first().copied())?))
        };
        let mut lost: Vec<(Seen, Process)> = self.at_risk().filter_map(with_holder).collect();
        if !self.sets.is_empty() {
            let risky = self.adrift.only(|node| self.down.contains(&node));
            risky.iter().for_each(|(seen, _)| _ = self.adrift.remove(seen.op.value));
            lost.extend(risky);
        }
        lost.sort_by_key(|(seen, _)| (seen.end(), seen.op.id));
        for (seen, node) in lost {
            if let Some(version) = row(&mut self.rows, seen.op.key).find_mut(seen.op.value) {
                version.gone = Some((Gone::Unreachable, node));
            }
            self.lose(seen, Gone::Unreachable, node, at);
        }
    }

    /// Contradictions found so far: while this is the same, so are the proofs.
    pub fn contradictions(&self) -> u64 {
        self.losses.count() + self.outvoted.count() + self.contents.diverged.count()
    }

    pub fn verdicts(&self, out: &mut Vec<Verdict>) {
        let risk = self.at_risk().count() as u64;
        let detail = match (self.losses.words(), risk) {
            (words, 0) => words,
            (words, risk) if words.is_empty() => {
                format!("{risk} acknowledged writes are only on machines that are down")
            }
            (words, risk) => format!("{words}; {risk} more are only on machines that are down"),
        };
        // Nothing says that what no store has will never come to one.
        let adrift = if self.sets.is_empty() { 0 } else { self.adrift.count() };
        let detail = match adrift {
            0 => detail,
            _ if detail.is_empty() => format!("{adrift} acknowledged writes are in no store"),
            _ => format!("{detail}; {adrift} more are in no store"),
        };
        let known = || match (self.acknowledged.min(self.applied), risk + adrift) {
            (0, _) if adrift == 0 => State::NotExercised,
            (_, 0) => State::Holds,
            _ => State::NotYet,
        };
        out.push(Verdict {
            id: "durable",
            name: "Durable",
            meaning: "What a client was told is stored is stored still, or something that replaced it.",
            state: self.losses.state_or(known),
            checked: self.acknowledged,
            detail,
        });
        let detail = match self.skewed {
            0 => String::new(),
            n => format!(
                "{n} of them were asked for after the winner had been acknowledged: a clock was ahead"
            ),
        };
        let several = self.sets.values().any(|members| members.len() > 1);
        let known = || if self.applied > 0 && several { State::Holds } else { State::NotExercised };
        out.push(Verdict {
            id: "nothing-discarded",
            name: "Nothing discarded",
            meaning: "No acknowledged write is thrown away to resolve a conflict.",
            state: self.outvoted.state_or(known),
            checked: self.acknowledged,
            detail,
        });
        let waiting = self.parted || self.healing.is_some();
        let known = || match (self.applied > 0 && several, waiting) {
            (false, _) => State::NotExercised,
            (true, true) => State::NotYet,
            (true, false) => State::Holds,
        };
        let detail = match (self.converged_in, self.contents.differing.len()) {
            (Some(time), _) if !waiting => format!("alike {} after the heal", say(time)),
            (_, 0) => String::new(),
            (_, 1) => "the copies differ in 1 key".into(),
            (_, n) => format!("the copies differ in {n} keys"),
        };
        out.push(Verdict {
            id: "converged",
            name: "Converged",
            meaning: "Copies that have seen the same writes show the same; after a heal they become alike.",
            state: self.contents.diverged.state_or(known),
            checked: self.applied,
            detail,
        });
    }

    /// The acknowledged writes that were lost, oldest first (the latest 1000), and why.
    pub fn lost(&self) -> impl Iterator<Item = &(Seen, Gone)> {
        self.losses.listed()
    }

    /// What each of the latest 64 crashes (and pauses) cost, oldest first.
    pub fn crashes(&self) -> Vec<Cost> {
        self.losses.crashes()
    }

    /// Acknowledged writes lost, discarded by conflict resolution, and of these the victims of a wrong clock.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.losses.count(), self.outvoted.count(), self.skewed)
    }

    /// Acknowledged writes that the machine's copy was the last to have and has no more: lost, and discarded in a conflict.
    pub fn dropped_by(&self, node: Process) -> (u64, u64) {
        self.dropped.get(&node).copied().unwrap_or_default()
    }

    /// Whether the machine keeps a copy of the data.
    pub fn keeps(&self, node: Process) -> bool {
        self.contents.get(node).is_some()
    }

    pub fn convergence(&self) -> Convergence {
        let mut distinct = 0;
        for members in self.sets.values() {
            let contents: BTreeSet<u64> = members.iter().filter_map(|n| self.contents.get(*n)).collect();
            distinct += contents.len() as u64;
        }
        let mut behind: BTreeMap<Process, u64> = self.contents.nodes().map(|n| (n, 0)).collect();
        for row in self.contents.differing.iter().filter_map(|key| self.rows.get(*key)) {
            let Some(newest) = row.versions.iter().filter(|v| v.gone.is_none()).max_by_key(|v| v.depth)
            else {
                continue;
            };
            for node in self.sets.get(&row.set).into_iter().flatten() {
                let shows = row.copies.iter().any(|c| c.node == *node && c.heads.contains(&newest.value));
                *behind.entry(*node).or_default() += u64::from(!shows);
            }
        }
        Convergence { distinct, behind: behind.into_iter().collect(), converged_in: self.converged_in }
    }

    /// Versions and copies remembered: what memory grows with.
    pub fn retained(&self) -> usize {
        let rows: usize = self.rows.iter().map(|row| row.versions.len() + row.copies.len()).sum();
        rows + self.adrift.len() + self.losses.len()
    }
}

fn row(rows: &mut Keyed<Arc<Row>>, key: Key) -> &mut Row {
    Arc::make_mut(rows.of(key))
}

#[cfg(test)]
mod tests;
