//! The requests that a machine has sent and that have not been answered. It may not know what they are for.

/// Names a request for the machine that sent it; never used twice by the same machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Call(pub u64);

#[derive(Clone, Debug)]
struct Seat<C> {
    turn: u32,
    content: Option<C>,
}

/// Pending calls, each with what is to be remembered until its answer.
#[derive(Clone, Debug)]
pub struct Calls<C> {
    seats: Vec<Seat<C>>,
    free: Vec<u32>,
    len: usize,
    /// Survives a crash, so that an answer to a call of before names nobody.
    turn: u32,
}

impl<C> Calls<C> {
    pub fn new() -> Calls<C> {
        Calls { seats: Vec::new(), free: Vec::new(), len: 0, turn: 0 }
    }

    pub fn open(&mut self, content: C) -> Call {
        self.turn = self.turn.wrapping_add(1);
        self.len += 1;
        let seat = Seat { turn: self.turn, content: Some(content) };
        let index = match self.free.pop() {
            Some(i) => {
                self.seats[i as usize] = seat;
                i
            }
            None => {
                self.seats.push(seat);
                self.seats.len() as u32 - 1
            }
        };
        Call((self.turn as u64) << 32 | index as u64)
    }

    /// Takes what was remembered; None when the call has been answered, timed out or forgotten before.
    pub fn close(&mut self, call: Call) -> Option<C> {
        self.get(call)?;
        let index = call.0 as u32;
        self.len -= 1;
        self.free.push(index);
        self.seats[index as usize].content.take()
    }

    pub fn get(&self, call: Call) -> Option<&C> {
        let seat = self.seats.get(call.0 as u32 as usize)?;
        if seat.turn == (call.0 >> 32) as u32 { seat.content.as_ref() } else { None }
    }

    pub fn get_mut(&mut self, call: Call) -> Option<&mut C> {
        let seat = self.seats.get_mut(call.0 as u32 as usize)?;
        if seat.turn == (call.0 >> 32) as u32 { seat.content.as_mut() } else { None }
    }

    /// Forgets all: the machine crashed.
    pub fn clear(&mut self) {
        self.seats.clear();
        self.free.clear();
        self.len = 0;
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Every pending call for which `which` holds, in the order of their seats: those of a link that broke.
    pub fn find(&self, which: impl Fn(&C) -> bool) -> Vec<Call> {
        let open = self.seats.iter().enumerate();
        open.filter(|(_, s)| s.content.as_ref().is_some_and(&which))
            .map(|(i, s)| Call((s.turn as u64) << 32 | i as u64))
            .collect()
    }
}

impl<C> Default for Calls<C> {
    fn default() -> Calls<C> {
        Calls::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_finds_its_call_once() {
        let mut calls = Calls::new();
        let (a, b) = (calls.open("a"), calls.open("b"));
        assert_eq!(calls.close(a), Some("a"));
        assert_eq!(calls.close(a), None);
        let c = calls.open("c");
        assert_ne!(a, c);
        assert_eq!((calls.get(a), calls.get(b), calls.get(c)), (None, Some(&"b"), Some(&"c")));
        assert_eq!(calls.find(|x| *x == "b"), vec![b]);
    }

    #[test]
    fn a_crash_forgets_and_old_answers_name_nobody() {
        let mut calls = Calls::new();
        let a = calls.open(1);
        calls.clear();
        let b = calls.open(2);
        assert_eq!((calls.close(a), calls.len()), (None, 1));
        assert_eq!(calls.close(b), Some(2));
    }
}
