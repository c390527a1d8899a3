//! Vector clocks over a bounded number of sessions. It knows sessions and numbers of writes, and judges nothing.

use super::super::map::Map;
use super::super::witness::Seen;
use crate::history::SessionId;
use std::collections::VecDeque;
use std::sync::Arc;

/// Sessions that are told apart at a time. A further one takes the place of the one that was idle for longest.
pub const SESSIONS: usize = 1024;

/// Reads remembered per session for the proofs.
const LEARNT: usize = 8;
/// Writes learnt of by a session that are not merged.
const PARTS: usize = 8;

/// A write's place: its session's slot, and its number among the writes of all sessions that had that slot.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Dot {
    pub slot: u32,
    pub number: u32,
}

/// Slots of one page.
const PAGE: usize = 64;

type Page = [u32; PAGE];

/// For each slot the number of its last write that precedes; none of a page's slots if the page is none. Pages are shared
/// until they are changed, and after a merge that brought nothing else: what everybody knows is there once.
#[derive(Clone, Default, Debug)]
pub struct Clock(Arc<[Option<Arc<Page>>]>);

impl Clock {
    pub fn has(&self, dot: Dot) -> bool {
        let slot = dot.slot as usize;
        self.0.get(slot / PAGE).and_then(Option::as_ref).is_some_and(|page| page[slot % PAGE] >= dot.number)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn raise(&mut self, dot: Dot) {
        if self.has(dot) {
            return;
        }
        let slot = dot.slot as usize;
        let page = self.pages(slot / PAGE + 1)[slot / PAGE].get_or_insert_with(|| Arc::new([0; PAGE]));
        Arc::make_mut(page)[slot % PAGE] = dot.number;
    }

    pub fn merge(&mut self, other: &Clock) {
        if Arc::ptr_eq(&self.0, &other.0) || other.is_empty() {
            return;
        }
        if self.is_empty() {
            self.0 = Arc::clone(&other.0);
            return;
        }
        for (n, theirs) in other.0.iter().enumerate() {
            let Some(theirs) = theirs else { continue };
            let page = match self.0.get(n).and_then(Option::as_ref) {
                Some(mine) if Arc::ptr_eq(mine, theirs) => continue,
                Some(mine) => match compare(mine, theirs) {
                    (false, _) => Arc::clone(theirs),
                    (true, false) => continue,
                    (true, true) => {
                        if let Some(mine) = &mut self.pages(other.0.len())[n] {
                            let numbers = Arc::make_mut(mine).iter_mut().zip(theirs.iter());
                            numbers.for_each(|(a, b)| *a = later(*a, *b));
                        }
                        continue;
                    }
                },
                None => Arc::clone(theirs),
            };
            self.pages(other.0.len())[n] = Some(page);
        }
    }

    /// At least so many pages, to be changed.
    fn pages(&mut self, least: usize) -> &mut [Option<Arc<Page>>] {
        if self.0.len() < least {
            let more = std::iter::repeat_n(None, least - self.0.len());
            self.0 = self.0.iter().cloned().chain(more).collect();
        }
        Arc::make_mut(&mut self.0)
    }
}

/// Whether the one has numbers that are higher than the other's, and whether the other has.
fn compare(one: &Page, other: &Page) -> (bool, bool) {
    let (mut higher, mut lower) = (false, false);
    for (a, b) in one.iter().zip(other) {
        higher |= signed(*a) > signed(*b);
        lower |= signed(*a) < signed(*b);
    }
    (higher, lower)
}

fn later(a: u32, b: u32) -> u32 {
    signed(a).max(signed(b)) as u32
}

/// Numbers of writes are far below 2³¹, and signed numbers are compared many at a time on every processor, unsigned ones
/// are not.
fn signed(number: u32) -> i32 {
    number as i32
}

#[derive(Clone, Debug)]
pub struct Session {
    pub slot: u32,
    /// Number of its last write, and of its last acknowledged one.
    pub invoked: u32,
    pub acknowledged: u32,
    /// Everything of other sessions that precedes what it does next, together with `parts`.
    past: Clock,
    /// What it has learnt since, and what that brings: merged only when it is needed whole, as most of it is then known
    /// through something learnt later.
    parts: Vec<Part>,
    /// The latest reads that told it something new, with the place and the past of what they returned.
    learnt: VecDeque<(Seen, Dot, Clock)>,
}

impl Session {
    fn new(slot: u32, base: u32) -> Session {
        let (past, parts, learnt) = Default::default();
        Session { slot, invoked: base, acknowledged: base, past, parts, learnt }
    }

    /// It begins anew for another owner.
    fn renew(&mut self, base: u32) {
        (self.invoked, self.acknowledged, self.past) = (base, base, Clock::default());
        self.parts.clear();
        self.learnt.clear();
    }

    pub fn knows(&self, dot: Dot) -> bool {
        if dot.slot == self.slot { dot.number <= self.acknowledged } else { self.has(dot) }
    }

    /// Whether the write of another session precedes what it does next.
    fn has(&self, dot: Dot) -> bool {
        self.past.has(dot) || self.parts.iter().rev().any(|part| part.told(dot))
    }

    /// Whether nothing of another session precedes what it does next.
    pub fn is_alone(&self) -> bool {
        self.past.is_empty() && self.parts.is_empty()
    }

    /// The read through which it came to know the write, if that is remembered.
    pub fn learnt(&self, write: Dot) -> Option<Seen> {
        let told = |dot: &Dot, past: &Clock| {
            past.has(write) || (dot.slot == write.slot && dot.number >= write.number)
        };
        self.learnt.iter().find(|(_, dot, past)| told(dot, past)).map(|(seen, ..)| *seen)
    }

    /// Everything of other sessions that precedes what it does next.
    pub fn past(&mut self) -> &Clock {
        for part in self.parts.drain(..) {
            self.past.merge(&part.past);
            self.past.raise(part.dot);
        }
        &self.past
    }
}

/// A write that a session has learnt of.
#[derive(Clone, Debug)]
struct Part {
    dot: Dot,
    /// Its place among all writes.
    place: u64,
    past: Clock,
}

impl Part {
    fn told(&self, dot: Dot) -> bool {
        self.past.has(dot) || (self.dot.slot == dot.slot && self.dot.number >= dot.number)
    }
}

/// A write as it is learnt of: where it stands, what precedes it (nothing, if that is forgotten), and its place among all
/// writes.
pub struct Lesson {
    pub dot: Dot,
    pub past: Clock,
    pub place: u64,
}

#[derive(Clone, Debug)]
struct Slot {
    owner: Option<SessionId>,
    /// Writes up to this number belong to owners that are forgotten.
    base: u32,
    /// The highest number given out.
    top: u32,
    /// Its neighbours in the order of use: `NOBODY` at the ends.
    older: u32,
    newer: u32,
}

const NOBODY: u32 = u32::MAX;

#[derive(Clone, Debug)]
pub struct Sessions {
    slots: Vec<Slot>,
    /// By slot.
    sessions: Vec<Session>,
    places: Map<SessionId, u32>,
    /// The slot that was idle for longest, and the one used last: the slots form a line between them.
    idlest: u32,
    latest: u32,
}

impl Default for Sessions {
    fn default() -> Sessions {
        let (slots, sessions, places) = Default::default();
        Sessions { slots, sessions, places, idlest: NOBODY, latest: NOBODY }
    }
}

impl Sessions {
    /// The session, new if it has not been seen or was forgotten.
    pub fn of(&mut self, id: SessionId) -> &mut Session {
        let slot = match self.places.get(&id) {
            Some(slot) => *slot,
            None => {
                let slot = self.free();
                self.places.insert(id, slot);
                self.slots[slot as usize].owner = Some(id);
                slot
            }
        };
        self.touch(slot);
        &mut self.sessions[slot as usize]
    }

    /// The session, if it is followed.
    pub fn known(&mut self, id: SessionId) -> Option<&mut Session> {
        let slot = *self.places.get(&id)?;
        self.touch(slot);
        Some(&mut self.sessions[slot as usize])
    }

    /// The slot is used now: it goes to the end of the line.
    fn touch(&mut self, slot: u32) {
        if self.latest == slot {
            return;
        }
        let Slot { older, newer, .. } = self.slots[slot as usize];
        if newer != NOBODY {
            // It stands in the line, and is not the last.
            self.slots[newer as usize].older = older;
            match older {
                NOBODY => self.idlest = newer,
                _ => self.slots[older as usize].newer = newer,
            }
        }
        match self.latest {
            NOBODY => self.idlest = slot,
            latest => self.slots[latest as usize].newer = slot,
        }
        let entry = &mut self.slots[slot as usize];
        (entry.older, entry.newer) = (self.latest, NOBODY);
        self.latest = slot;
    }

    /// The session, if it is followed: this is no use of it.
    pub fn get(&self, id: SessionId) -> Option<&Session> {
        self.places.get(&id).map(|slot| &self.sessions[*slot as usize])
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The read `seen` of the session in the slot returned a write: that and all its past precede what the session does next. Writes
    /// from the place `remembered` on still know their past.
    pub fn learn(&mut self, slot: u32, seen: Seen, lesson: Lesson, remembered: u64) {
        let Lesson { dot, past, place } = lesson;
        let (session, slots) = (&mut self.sessions[slot as usize], &self.slots);
        // Whoever knew of a write knew of all that precedes it, if that was remembered ever since, and its number means
        // this write still.
        let lasts =
            |part: &Part| part.place >= remembered && slots[part.dot.slot as usize].base < part.dot.number;
        session.parts.retain(|part| !(past.has(part.dot) && lasts(part)));
        if session.parts.len() == PARTS {
            session.past();
        }
        session.parts.push(Part { dot, place, past: past.clone() });
        if session.learnt.len() == LEARNT {
            session.learnt.pop_front();
        }
        session.learnt.push_back((seen, dot, past));
    }

    /// Whoever knows the write knows all that precedes it.
    pub fn spread(&mut self, dot: Dot, past: &Clock) {
        self.sessions.iter_mut().filter(|s| s.has(dot)).for_each(|s| s.past.merge(past));
    }

    /// The session's next write gets the next number.
    pub fn next(&mut self, id: SessionId) -> (Dot, Clock) {
        let session = self.of(id);
        session.invoked += 1;
        let (dot, past) = (Dot { slot: session.slot, number: session.invoked }, session.past().clone());
        self.slots[dot.slot as usize].top = dot.number;
        (dot, past)
    }

    /// Whether nobody can say any more what precedes this write or follows it.
    pub fn forgotten(&self, dot: Dot) -> bool {
        self.slots[dot.slot as usize].base >= dot.number
    }

    /// A place for a single write that belongs to no session's order.
    pub fn single(&mut self) -> Dot {
        let slot = self.free();
        self.touch(slot);
        let entry = &mut self.slots[slot as usize];
        entry.top += 1;
        Dot { slot, number: entry.top }
    }

    /// The session goes on in another slot, so that nothing it does later depends on its last write.
    pub fn part(&mut self, id: SessionId) {
        let session = self.of(id);
        let (slot, mut past) = (session.slot, session.past().clone());
        let learnt = std::mem::take(&mut session.learnt);
        past.raise(Dot { slot, number: session.acknowledged });
        self.slots[slot as usize].owner = None;
        self.places.remove(&id);
        self.of(id).past = past;
        self.of(id).learnt = learnt;
    }

    /// A new slot while there are some, else that of the session that was idle for longest.
    fn free(&mut self) -> u32 {
        if self.slots.len() < SESSIONS {
            let slot = self.slots.len() as u32;
            self.slots.push(Slot { owner: None, base: 0, top: 0, older: NOBODY, newer: NOBODY });
            self.sessions.push(Session::new(slot, 0));
            return slot;
        }
        let idlest = self.idlest as usize;
        let slot = &mut self.slots[idlest];
        if let Some(owner) = slot.owner.take() {
            self.places.remove(&owner);
        }
        slot.base = slot.top;
        let (slot, base) = (idlest as u32, slot.base);
        self.sessions[idlest].renew(base);
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_idlest_goes_first_whatever_the_order_of_use() {
        let mut sessions = Sessions::default();
        let id = |n: u64| SessionId(n as u32);
        let mut order: Vec<u64> = (0..SESSIONS as u64).collect();
        order.iter().for_each(|n| _ = sessions.of(id(*n)).slot);
        for step in 0..5_000u64 {
            let word = crate::stdx::hash::mix(step);
            let n = if word.is_multiple_of(5) { 10_000 + step } else { order[word as usize % order.len()] };
            let known = order.iter().position(|m| *m == n);
            order.remove(known.unwrap_or(0));
            order.push(n);
            sessions.of(id(n));
            assert!(order.iter().step_by(97).all(|m| sessions.places.contains_key(&id(*m))), "step {step}");
        }
        assert_eq!(order.iter().filter(|m| sessions.places.contains_key(&id(**m))).count(), SESSIONS);
    }

    #[test]
    fn a_forgotten_sessions_slot_is_given_on_and_its_writes_are_forgotten_with_it() {
        let mut sessions = Sessions::default();
        let (old, _) = sessions.next(SessionId(0));
        for n in 1..=SESSIONS as u32 {
            sessions.of(SessionId(n));
        }
        assert!(sessions.forgotten(old));
        let (new, _) = sessions.next(SessionId(SESSIONS as u32));
        assert_eq!(new.slot, old.slot);
        assert!(!sessions.forgotten(new) && sessions.len() == SESSIONS);
        let mut clock = Clock::default();
        clock.raise(old);
        assert!(!clock.has(new), "who knew the old owner's write does not know the new one's");
    }
}
