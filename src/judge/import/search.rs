//! One object's operations judged by the search: registers whose values come again, and texts that grow.
//! It knows what was read from the file, and the oracle.

use super::decide::{Case, Finding};
use super::proof::written;
use super::texts::Texts;
use super::{End, Event, ObjectModel, What};
use crate::history::{Key, SessionId};
use crate::judge::map::Map;
use crate::judge::oracle::{self, Action, Answer, Append, Core, Model, Operation, Origin, Register};
use crate::judge::witness::capitalised;
use crate::judge::{Names, Pattern, Seen, Witness};
use std::borrow::Cow;

/// Different values of a register that are asked about for the explanation.
const ASKED: usize = 64;
/// Operations drawn in a proof.
const DRAWN: usize = 6;

impl Case<'_> {
    pub fn search(&self, budget: u64) -> Finding {
        match self.history.model {
            ObjectModel::Append => self.search_texts(budget),
            ObjectModel::Register | ObjectModel::CasRegister => self.search_register(budget),
        }
    }

    fn search_register(&self, budget: u64) -> Finding {
        // No search is needed to see that.
        if let Some(look) = self.unwritten(&(0..self.events.len()).collect::<Vec<_>>()) {
            return self.never_written(look);
        }
        // Of all values of the file only those of this object are numbered, first those that may be written.
        let (mut number_of, mut values): (Map<u32, u32>, Vec<u32>) = Default::default();
        let mut number = |value: u32| {
            *number_of.entry(value).or_insert_with(|| {
                values.push(value);
                values.len() as u32 - 1
            })
        };
        let initial = number(self.initial.unwrap_or_default());
        let last = self.events.iter().filter_map(|e| written(e)).map(&mut number).max();
        let asked: Vec<u32> = (0..=last.unwrap_or(initial)).collect();
        let mut action = |e: &Event| match (e.what, e.end) {
            (What::Write(value), _) => Action::Write(number(value)),
            (What::Cas(from, to), End::Ok) => Action::Cas { from: number(from), to: number(to) },
            (What::Cas(from, _), End::Refused) => Action::CasRefused { from: number(from) },
            (What::Cas(from, to), _) => Action::CasUnknown { from: number(from), to: number(to) },
            (What::Read | What::Append(_), _) => Action::Read(number(e.read)),
        };
        let operations: Vec<Operation> = self.events.iter().map(|e| operation(e, action(e))).collect();
        let asked = if asked.len() <= ASKED { &asked[..] } else { &[] };
        let text = |_: &Register, state| self.history.values.text(values[state as usize]);
        self.answer(&mut Register::new(initial), &operations, budget, asked, text)
    }

    fn answer<M: Model>(
        &self,
        model: &mut M,
        operations: &[Operation],
        budget: u64,
        asked: &[u32],
        text: impl Fn(&M, u32) -> String,
    ) -> Finding {
        match oracle::search(model, operations, budget).0 {
            Answer::Linearizable(_) => Finding::Linearizable,
            Answer::Unknown => Finding::Unknown { steps: budget },
            Answer::Not { explained, recent, state, stuck } => {
                match oracle::shrink(model, operations, asked) {
                    Some(core) => {
                        let possible = core.possible.iter().map(|state| text(model, *state)).collect();
                        self.contradiction(&core, possible)
                    }
                    None => self.stuck(explained, &recent, stuck as usize, &text(model, state)),
                }
            }
        }
    }

    /// The proof of a failed search: the smallest set of operations that has no order.
    fn contradiction(&self, core: &Core, possible: Vec<String>) -> Finding {
        let event = self.events[core.last];
        let key = self.key(Key(0));
        let others = core.ops.len() - 1;
        let only = match possible.split_last() {
            None => String::new(),
            Some((one, [])) => format!(", for {key} can only have been {one} then"),
            Some((last, rest)) => {
                format!(", for {key} can only have been {} or {last} then", rest.join(", "))
            }
        };
        let show = match others {
            0 => "it is impossible whatever the others did".to_string(),
            n => format!("these {} operations alone make it impossible, whenever the others happened", n + 1),
        };
        let sentence = format!(
            "{} of {} (lines {} and {}) fits into no order{only}: {show}.",
            self.words(event),
            self.session(SessionId(event.process)),
            event.lines.0,
            event.lines.1,
        );
        let sentence = capitalised(&sentence);
        // Drawn are those that ended last, but all of their lines are told.
        let mut drawn: Vec<usize> = core.ops.iter().copied().filter(|n| *n != core.last).collect();
        drawn.sort_by_key(|n| {
            std::cmp::Reverse((self.events[*n].end != End::Unknown, self.events[*n].returned))
        });
        drawn.truncate(DRAWN - 1);
        let seen: Vec<Option<Seen>> = drawn.iter().map(|n| Some(self.looked(*n))).collect();
        let last = self.looked(core.last);
        // What the last one contradicts most plainly: the latest that was over before it began.
        let before = drawn
            .iter()
            .find(|n| self.events[**n].returned < event.call && self.events[**n].end != End::Unknown);
        let first = before.map_or(last, |n| self.looked(*n));
        let witness = Witness::new(Pattern::Stuck, Key(0), self.instants(event).1, first, last, &seen);
        let mut finding = self.not(Pattern::Stuck, &witness.ops, witness.between, Some(sentence));
        if let Finding::Not { lines, .. } = &mut finding {
            let of = |n: &usize| [self.events[*n].lines.0, self.events[*n].lines.1];
            *lines = core.ops.iter().flat_map(of).filter(|line| *line != 0).collect();
            lines.sort_unstable();
        }
        finding
    }

    fn looked(&self, index: usize) -> Seen {
        let event = self.events[index];
        match event.end {
            End::Unknown => Seen::pending(self.op(index, event)),
            _ => self.seen(index, event),
        }
    }

    /// The proof where no smallest one was found in time: where the longest explanation ended.
    fn stuck(&self, explained: usize, recent: &[u32], stuck: usize, state: &str) -> Finding {
        let event = self.events[stuck];
        let others: Vec<Option<Seen>> = recent.iter().map(|op| Some(self.looked(*op as usize))).collect();
        let first = recent.last().map_or(stuck, |op| *op as usize);
        let (first, second) = (self.looked(first), self.looked(stuck));
        let witness = Witness::new(Pattern::Stuck, Key(0), self.instants(event).1, first, second, &others);
        let sentence = format!(
            "No order explains more than {explained} operations: {} is then {state}, and {} of {} (lines {} and {}) \
             fits neither there nor later.",
            self.key(Key(0)),
            self.words(event),
            self.session(SessionId(event.process)),
            event.lines.0,
            event.lines.1,
        );
        self.not(Pattern::Stuck, &witness.ops, witness.between, Some(sentence))
    }

    fn search_texts(&self, budget: u64) -> Finding {
        let texts = Texts::of(self.history, &self.events);
        // Equal pieces get equal numbers, so that equal appends of unknown outcome are recognised.
        let mut number_of: Map<Cow<[u8]>, u32> = Map::default();
        let mut pieces: Vec<Cow<[u8]>> = Vec::new();
        let mut reads: Vec<Cow<[u8]>> = Vec::new();
        for event in &self.events {
            match event.what {
                What::Append(piece) => {
                    number_of.entry(texts.piece(piece)).or_insert_with_key(|piece| {
                        pieces.push(piece.clone());
                        pieces.len() as u32 - 1
                    });
                }
                What::Read => reads.push(texts.whole(event.read)),
                What::Write(_) | What::Cas(..) => {}
            }
        }
        let initial = self.initial.map_or(Cow::Borrowed(&[][..]), |value| texts.whole(value));
        let reads = reads.iter().map(|text| &**text).collect();
        let mut model = Append::new(&initial, pieces.iter().map(|piece| &**piece).collect(), reads);
        let mut action = |e: &Event| match e.what {
            What::Append(piece) => Action::Append(number_of[&texts.piece(piece)]),
            What::Write(value) => Action::Write(model.number(&texts.whole(value))),
            What::Read | What::Cas(..) => Action::Read(model.number(&texts.whole(e.read))),
        };
        let operations: Vec<Operation> = self.events.iter().map(|e| operation(e, action(e))).collect();
        model.hear(&operations);
        if let Some(finding) =
            self.read_from_nothing(&model, &operations).or_else(|| self.fork(&model, &operations))
        {
            return finding;
        }
        self.answer(&mut model, &operations, budget, &[], |model, state| {
            model.text(state).map_or("something that nobody read".into(), |text| texts.show(text))
        })
    }

    /// A text was read that begins with nothing that was ever there.
    fn read_from_nothing(&self, model: &Append, operations: &[Operation]) -> Option<Finding> {
        let read = operations.iter().position(|o| match o.action {
            Action::Read(state) => model.origin(state) == Origin::Nothing,
            _ => false,
        })?;
        Some(self.never_written(read))
    }

    /// Two reads of what grew from the same write (or from the initial text), of which neither is a beginning of the
    /// other: what only grows was never both.
    fn fork(&self, model: &Append, operations: &[Operation]) -> Option<Finding> {
        let mut reads: Vec<(u32, u32, u32, usize)> = (0..)
            .zip(operations)
            .filter_map(|(n, o)| match o.action {
                Action::Read(state) => model.place(state).map(|(line, length)| (line, length, state, n)),
                _ => None,
            })
            .collect();
        reads.sort_by_key(|(line, length, _, n)| (*line, *length, operations[*n].returned));
        let pair =
            reads.windows(2).find(|pair| pair[0].0 == pair[1].0 && !model.begins(pair[1].2, pair[0].2))?;
        let [a, b] = [pair[0].3, pair[1].3];
        let [one, two] = [a, b].map(|n| {
            let event = self.events[n];
            let (who, text) = (self.session(SessionId(event.process)), self.history.values.text(event.read));
            format!("{who} read {text} (lines {} and {})", event.lines.0, event.lines.1)
        });
        let key = self.key(Key(0));
        let begins = model.line_begins(pair[0].0);
        let write = begins.and_then(|text| operations.iter().position(|o| o.action == Action::Write(text)));
        let written = operations.iter().any(|o| matches!(o.action, Action::Write(_)));
        let grows = match write.map(|n| self.events[n]) {
            Some(event) => format!("after {} (line {}) {key} only grew", self.words(event), event.lines.0),
            None if written => format!("until something was written over it {key} only grew"),
            None => format!("{key} only grows"),
        };
        let sentence = capitalised(&format!(
            "{one}, and {two}: {grows}, and neither of the two is a beginning of the other."
        ));
        let others: Vec<Option<Seen>> = write.map(|n| Some(self.looked(n))).into_iter().collect();
        let [a, b] = [a, b].map(|n| self.looked(n));
        let witness = Witness::new(Pattern::Stuck, Key(0), b.end(), a, b, &others);
        Some(self.not(Pattern::Stuck, &witness.ops, witness.between, Some(sentence)))
    }
}

fn operation(event: &Event, action: Action) -> Operation {
    let returned = (event.end != End::Unknown).then_some(event.returned);
    Operation { action, call: event.call, returned }
}

/// Drops operations of unknown outcome that nobody can have seen: nothing that was seen needs them. Where a
/// compare-and-set was refused, any other value may have been the reason, so there all are kept.
pub fn drop_unobserved(events: &mut Vec<&Event>) {
    if events.iter().any(|e| e.end == End::Refused) {
        return;
    }
    loop {
        let mut observed: Map<u32, ()> = Map::default();
        for event in events.iter() {
            match event.what {
                What::Read => observed.insert(event.read, ()),
                What::Cas(from, _) => observed.insert(from, ()),
                _ => None,
            };
        }
        let before = events.len();
        events.retain(|e| match e.what {
            What::Write(value) | What::Cas(_, value) => {
                e.end != End::Unknown || observed.contains_key(&value)
            }
            _ => true,
        });
        if events.len() == before {
            return;
        }
    }
}
