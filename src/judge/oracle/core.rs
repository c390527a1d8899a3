//! A contradiction that the search found, cut down to the operations that make it. It knows the search and operations.
//!
//! A history's beginning up to some return asks for less than the whole, and so does a history in which a read is left
//! out, or in which a change may have come at any time or never. Whatever stays impossible when nothing more can be
//! loosened is a smallest contradiction.

use super::{Action, Answer, Model, Operation, search};

/// Steps for all attempts together.
const BUDGET: u64 = 20_000_000;
/// What an attempt costs for each operation, in steps.
const SETUP: u64 = 8;

/// Why there is no order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Core {
    /// The operation up to whose return there is none; before it there was one.
    pub last: usize,
    /// The operations (with `last`, in the order of their calls) that contradict each other, whenever the others
    /// happened, if they did.
    pub ops: Vec<usize>,
    /// Which of the values that were asked about `last` could have found instead.
    pub possible: Vec<u32>,
}

struct Shrink<'a, M> {
    model: &'a mut M,
    operations: &'a [Operation],
    left: u64,
}

/// The smallest contradiction in operations that have no order; none if it takes too long to find. `values`: those of
/// which it is asked whether the last operation could have found them.
pub fn shrink<M: Model>(model: &mut M, operations: &[Operation], values: &[u32]) -> Option<Core> {
    Shrink { model, operations, left: BUDGET }.run(values)
}

impl<M: Model> Shrink<'_, M> {
    fn run(mut self, values: &[u32]) -> Option<Core> {
        let mut returns: Vec<(u64, usize)> =
            (0..).zip(self.operations).filter_map(|(n, o)| Some((o.returned?, n))).collect();
        returns.sort_unstable();
        // Up to the return before `low` there is an order, up to `high` there is none.
        let (mut low, mut high) = (0, returns.len().checked_sub(1)?);
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.impossible(&begin(self.operations, &returns[..=middle]))? {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        let last = returns[high].1;
        let begin = begin(self.operations, &returns[..=high]);
        let mut possible = Vec::new();
        for value in values {
            let mut asked = begin.clone();
            let end = asked.iter_mut().find(|(n, _)| *n == last)?;
            end.1.action = Action::Read(*value);
            if !self.impossible(&asked)? {
                possible.push(*value);
            }
        }
        let kept = self.loosen(begin, last);
        let mut ops: Vec<usize> = kept.into_iter().map(|(n, _)| n).collect();
        ops.sort_by_key(|n| (self.operations[*n].call, *n));
        Some(Core { last, ops, possible })
    }

    /// Loosens as much as can be, many operations at a time first. What is left cannot be loosened.
    fn loosen(&mut self, mut tight: Vec<(usize, Operation)>, last: usize) -> Vec<(usize, Operation)> {
        let mut other: Vec<(usize, Operation)> = tight.extract_if(.., |(n, _)| *n == last).collect();
        // The oldest first: what matters is usually recent.
        tight.sort_by_key(|(n, o)| (o.returned.unwrap_or(u64::MAX), *n));
        let mut size = tight.len().div_ceil(2);
        while size > 0 {
            let mut from = 0;
            while from < tight.len() {
                let to = (from + size).min(tight.len());
                let looser: Vec<_> =
                    tight[from..to].iter().filter_map(|(n, o)| Some((*n, loosened(o)?))).collect();
                let rest = tight[..from].iter().chain(&tight[to..]).chain(&other).chain(&looser);
                if self.impossible(&rest.cloned().collect::<Vec<_>>()) == Some(true) {
                    other.extend(looser);
                    tight.drain(from..to);
                } else {
                    from = to;
                }
            }
            size /= 2;
        }
        tight.extend(other.into_iter().filter(|(n, _)| *n == last));
        tight
    }

    /// None if the budget is spent.
    fn impossible(&mut self, operations: &[(usize, Operation)]) -> Option<bool> {
        self.left = self.left.checked_sub(SETUP * operations.len() as u64)?;
        let operations: Vec<Operation> = operations.iter().map(|(_, o)| o.clone()).collect();
        let (answer, steps) = search(self.model, &operations, self.left / 8);
        self.left = self.left.saturating_sub(steps);
        match answer {
            Answer::Linearizable(_) => Some(false),
            Answer::Not { .. } => Some(true),
            Answer::Unknown => None,
        }
    }
}

/// The history as it was known when the last of these had just returned.
fn begin(operations: &[Operation], returns: &[(u64, usize)]) -> Vec<(usize, Operation)> {
    let Some((now, _)) = returns.last() else { return Vec::new() };
    let mut known = vec![false; operations.len()];
    returns.iter().for_each(|(_, n)| known[*n] = true);
    let then = |(n, o): (usize, &Operation)| {
        if known[n] { Some((n, o.clone())) } else { Some((n, open(o).filter(|o| o.call <= *now)?)) }
    };
    operations.iter().enumerate().filter_map(then).collect()
}

/// The operation without its outcome; none if it can have changed nothing.
fn open(operation: &Operation) -> Option<Operation> {
    let action = match operation.action {
        Action::Read(_) | Action::CasRefused { .. } => return None,
        Action::Cas { from, to } => Action::CasUnknown { from, to },
        action => action,
    };
    Some(Operation { action, call: operation.call, returned: None })
}

/// The operation at any time, or never.
fn loosened(operation: &Operation) -> Option<Operation> {
    Some(Operation { call: 0, ..open(operation)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::oracle::Register;

    fn certain(action: Action, call: u64, returned: u64) -> Operation {
        Operation { action, call, returned: Some(returned) }
    }

    #[test]
    fn what_does_not_matter_is_left_out() {
        let mut operations = vec![
            certain(Action::Write(1), 1, 2),
            certain(Action::Read(1), 3, 4),
            certain(Action::Write(2), 5, 6),
            certain(Action::Write(7), 5, 6),
            certain(Action::Cas { from: 2, to: 3 }, 7, 8),
            certain(Action::Read(2), 9, 12),
            certain(Action::Read(9), 13, 14),
        ];
        operations.push(Operation { action: Action::Write(9), call: 10, returned: None });
        let core = shrink(&mut Register::new(0), &operations, &[1, 2, 3, 9]);
        // The read of 9 comes too late to matter; 2 was written once, whenever it was, and the cas has used it up.
        assert_eq!(core, Some(Core { last: 5, ops: vec![4, 5], possible: vec![3, 9] }));
    }

    #[test]
    fn what_is_left_is_impossible_and_cannot_be_loosened() {
        use crate::judge::swarm::Dice;
        let mut found = 0;
        for seed in 0..2_000 {
            let mut dice = Dice::new(seed);
            let operations: Vec<Operation> = (0..8)
                .map(|n| {
                    let (call, a, b) = (2 * n + dice.below(3), dice.below(3) as u32, dice.below(3) as u32);
                    let action = match dice.below(4) {
                        0 => Action::Write(a),
                        1 => Action::Cas { from: a, to: b },
                        2 => Action::CasRefused { from: a },
                        _ => Action::Read(a),
                    };
                    certain(action, call, call + 1 + dice.below(5))
                })
                .collect();
            let mut model = Register::new(0);
            let not = |operations: &[Operation]| {
                matches!(search(&mut Register::new(0), operations, 1 << 20).0, Answer::Not { .. })
            };
            if !not(&operations) {
                continue;
            }
            found += 1;
            let core = shrink(&mut model, &operations, &[0, 1, 2]).expect("there is one");
            let end = operations[core.last].returned;
            let returned_by = |n: usize| operations[n].returned.filter(|at| Some(*at) <= end);
            let without = |dropped: Option<usize>| -> Vec<Operation> {
                let now = end.unwrap_or(0);
                let then = |n: usize| {
                    let o = &operations[n];
                    let tight = core.ops.contains(&n) && Some(n) != dropped;
                    if !tight {
                        loosened(o).filter(|_| o.call <= now)
                    } else if returned_by(n).is_some() {
                        Some(o.clone())
                    } else {
                        open(o)
                    }
                };
                (0..operations.len()).filter_map(then).collect()
            };
            assert!(not(&without(None)), "seed {seed}: {core:?} {operations:#?}");
            for op in core.ops.iter().filter(|n| **n != core.last) {
                assert!(!not(&without(Some(*op))), "seed {seed}: {op} does not matter in {core:?}");
            }
        }
        assert!((200..1_900).contains(&found), "{found}");
    }
}
