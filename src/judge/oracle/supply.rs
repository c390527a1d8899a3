//! Who still has to find which value, and who can still put it there. It knows operations, what they do with values, and
//! their order in time; it takes no turn.
//!
//! Whatever the order, before an operation that finds a value somebody put it there who was called before that one
//! returns, and each operation that replaces the value it finds uses up one such coming. So at every return `t` of one
//! that is left, of those who put the value there and were called before `t` as many have to be left as there are left
//! who replace it and return up to `t` (one less if the value is there now), and one where it is only looked at.

use super::NONE;

/// What an operation does with values.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Uses {
    /// What it has to find.
    pub finds: Option<u32>,
    /// Whether it replaces what it finds by something else.
    pub takes: bool,
    /// What it may put there.
    pub gives: Option<u32>,
}

pub struct Supply {
    uses: Vec<Uses>,
    values: Vec<Value>,
    /// For each operation its place among those who find its value.
    place: Vec<u32>,
}

#[derive(Clone, Default)]
struct Value {
    /// Who has to find it, in the order of their returns.
    finders: Vec<Finder>,
    /// So many of the first ones took their turn.
    found: usize,
    given: i32,
    taken: i32,
}

#[derive(Clone, Copy)]
struct Finder {
    op: u32,
    done: bool,
    /// How many may put the value there who are called before.
    givers: i32,
    /// By how many these are more than those who take it up to this return or, where that is less, up to a later one.
    spare: i32,
}

impl Supply {
    /// `order` are all events in the order of time (2i: the call of operation i, 2i + 1: its return).
    pub fn new(order: &[u32], uses: Vec<Uses>) -> Supply {
        let count =
            uses.iter().flat_map(|u| [u.finds, u.gives]).flatten().max().map_or(0, |v| v as usize + 1);
        let mut supply =
            Supply { values: vec![Value::default(); count], place: vec![NONE; uses.len()], uses };
        let mut takers = vec![0; count];
        let mut givers = vec![0; count];
        for event in order {
            let (op, uses) = (event / 2, supply.uses[*event as usize / 2]);
            match (event.is_multiple_of(2), uses.gives, uses.finds) {
                (true, Some(value), _) => givers[value as usize] += 1,
                (false, _, Some(value)) => {
                    let (value, finders) = (value as usize, &mut supply.values[value as usize].finders);
                    takers[value] += i32::from(uses.takes);
                    let givers = givers[value];
                    supply.place[op as usize] = finders.len() as u32;
                    finders.push(Finder { op, done: false, givers, spare: givers - takers[value] });
                }
                _ => {}
            }
        }
        for value in &mut supply.values {
            let mut least = i32::MAX;
            for finder in value.finders.iter_mut().rev() {
                least = least.min(finder.spare);
                finder.spare = least;
            }
        }
        supply
    }

    /// What the operation may put there.
    pub fn gives(&self, op: u32) -> Option<u32> {
        self.uses[op as usize].gives
    }

    /// The operation takes its turn.
    pub fn spend(&mut self, op: u32) {
        let Uses { finds, takes, gives } = self.uses[op as usize];
        if let Some(value) = gives {
            self.values[value as usize].given += 1;
        }
        if let Some(value) = finds {
            let value = &mut self.values[value as usize];
            value.taken += i32::from(takes);
            value.finders[self.place[op as usize] as usize].done = true;
            while value.finders.get(value.found).is_some_and(|f| f.done) {
                value.found += 1;
            }
        }
    }

    /// The operation's turn is taken back.
    pub fn unspend(&mut self, op: u32) {
        let Uses { finds, takes, gives } = self.uses[op as usize];
        if let Some(value) = gives {
            self.values[value as usize].given -= 1;
        }
        if let Some(value) = finds {
            let (value, place) = (&mut self.values[value as usize], self.place[op as usize] as usize);
            value.taken -= i32::from(takes);
            value.finders[place].done = false;
            value.found = value.found.min(place);
        }
    }

    /// Somebody who has to find the value and cannot any more. `here`: it is there now.
    pub fn lacks(&self, value: u32, here: bool) -> Option<u32> {
        let value = self.values.get(value as usize)?;
        let next = value.finders.get(value.found)?;
        let left = i32::from(here) - value.given;
        // Who took it already may return later than those who are left: then there is more than this says.
        let enough = next.givers + left >= 1 && next.spare + left + value.taken >= 0;
        (!enough).then_some(next.op)
    }

    /// Somebody who cannot find what he has to, whatever the order. `here`: what is there now.
    pub fn hopeless(&self, here: u32) -> Option<u32> {
        (0..self.values.len() as u32).find_map(|value| self.lacks(value, value == here))
    }
}
