//! The judge beside the run: it reads on a thread of its own while the world goes on, and is back before anybody asks it. What
//! it reads and in which order is the same as ever, so the run is the same. It may not know the world, nor what a proof is.
//!
//! Only the command line has threads to spare: the page never names [`Thread`], and does not carry it. The sizes here and in
//! `state` were tried out on two cores (`cargo bench --bench run`).

use super::answers::Answers;
use crate::history::{Entry, Op, Value};
use crate::judge::Judge;
use crate::sim::NodeId;
use crate::stdx::Instant;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

/// What the readers are told, in the order of time.
#[derive(Clone, Copy, Debug)]
pub enum Line {
    Entry(Entry),
    /// A machine's answer showed this value of the operation's key; the request had come at `arrived`.
    Shown {
        node: NodeId,
        op: Op,
        value: Value,
        arrived: Instant,
    },
}

/// Those who read the lines, and need nothing else for it.
#[derive(Clone, Debug, Default)]
pub struct Readers {
    pub judge: Judge,
    pub answers: Answers,
}

impl Readers {
    pub fn read(&mut self, line: &Line) {
        match line {
            Line::Entry(entry) => {
                self.judge.read(entry);
                self.answers.read(entry, &self.judge.staleness);
            }
            Line::Shown { node, op, value, arrived } => {
                self.answers.shown(*node, op, *value, *arrived, &self.judge.staleness);
            }
        }
    }
}

/// A place where the readers can read while the world goes on.
pub trait Place: Send {
    /// The readers come here, to read what is handed over from now on.
    fn send(&mut self, readers: Box<Readers>);
    /// These are to be read. Returned is an empty list for the next ones.
    fn hand_over(&mut self, lines: Vec<Line>) -> Vec<Line>;
    /// The readers, when they have read everything.
    fn call_back(&mut self) -> Box<Readers>;
}

/// Lines that are worth handing over: some microseconds of reading.
const BATCH: usize = 64;

/// Whether the readers may go somewhere, and whether they are there now. A clone begins at home, in a place of its own.
#[derive(Default)]
pub struct Beside {
    make: Option<fn() -> Box<dyn Place>>,
    place: Option<Box<dyn Place>>,
    away: bool,
    lines: Vec<Line>,
    /// The readers' empty seat, while they are away; kept so that it is made once.
    seat: Option<Box<Readers>>,
}

impl Clone for Beside {
    fn clone(&self) -> Beside {
        assert!(!self.away, "a state is cloned when its readers are at home");
        Beside { make: self.make, lines: self.lines.clone(), ..Beside::default() }
    }
}

impl Beside {
    /// From now on the readers go to places of this sort when there is much to read.
    pub fn allow(&mut self, make: fn() -> Box<dyn Place>) {
        self.make = Some(make);
    }

    pub fn allowed(&self) -> bool {
        self.make.is_some()
    }

    /// Reads the line, or has it read.
    pub fn read(&mut self, readers: &mut Readers, line: Line) {
        let Some(make) = self.make else { return readers.read(&line) };
        self.lines.push(line);
        if self.lines.len() < BATCH {
            return;
        }
        let place = self.place.get_or_insert_with(make);
        if !self.away {
            let mut seat = self.seat.take().unwrap_or_default();
            std::mem::swap(&mut *seat, readers);
            place.send(seat);
            self.away = true;
        }
        self.lines = place.hand_over(std::mem::take(&mut self.lines));
    }

    /// Everything has been read and the readers are at home: they can be asked.
    pub fn settle(&mut self, readers: &mut Readers) {
        if let Some(place) = self.place.as_mut().filter(|_| self.away) {
            if !self.lines.is_empty() {
                self.lines = place.hand_over(std::mem::take(&mut self.lines));
            }
            let mut seat = place.call_back();
            std::mem::swap(&mut *seat, readers);
            self.seat = Some(seat);
            self.away = false;
        }
        self.lines.drain(..).for_each(|line| readers.read(&line));
    }
}

enum Ask {
    Come(Box<Readers>),
    Read(Vec<Line>),
    Back,
}

enum Told {
    Empty(Vec<Line>),
    Back(Box<Readers>),
}

/// A thread of this process. It ends with the run that it reads for.
pub struct Thread {
    asks: Sender<Ask>,
    tells: Receiver<Told>,
}

impl Thread {
    /// For [`Beside::allow`].
    pub fn place() -> Box<dyn Place> {
        let (asks, asked) = channel();
        let (tell, tells) = channel();
        std::thread::spawn(move || {
            let mut readers = None;
            while let Some(ask) = next(&asked) {
                let told = match ask {
                    Ask::Come(came) => {
                        readers = Some(came);
                        continue;
                    }
                    Ask::Read(mut lines) => {
                        let readers: &mut Readers = readers.as_mut().expect("readers come before the lines");
                        lines.drain(..).for_each(|line| readers.read(&line));
                        Told::Empty(lines)
                    }
                    Ask::Back => Told::Back(readers.take().expect("they are called back once")),
                };
                // Who does not listen any more is gone with the run.
                let _gone = tell.send(told);
            }
        });
        Box::new(Thread { asks, tells })
    }

    fn ask(&self, ask: Ask) {
        assert!(self.asks.send(ask).is_ok(), "the thread of the judge has ended");
    }
}

impl Place for Thread {
    fn send(&mut self, readers: Box<Readers>) {
        self.ask(Ask::Come(readers));
    }

    fn hand_over(&mut self, lines: Vec<Line>) -> Vec<Line> {
        self.ask(Ask::Read(lines));
        match self.tells.try_recv() {
            Ok(Told::Empty(lines)) => lines,
            _ => Vec::with_capacity(BATCH),
        }
    }

    fn call_back(&mut self) -> Box<Readers> {
        self.ask(Ask::Back);
        loop {
            match next(&self.tells) {
                Some(Told::Back(readers)) => return readers,
                Some(Told::Empty(_)) => {}
                None => panic!("the thread of the judge has ended"),
            }
        }
    }
}

/// Looks so often before it lets others go first, and lets them so often before it lies down: to be woken takes longer
/// than most waits here.
const LOOKS: usize = 2_000;
const TURNS: usize = 500;

/// The next message; `None`: there will be none.
fn next<T>(from: &Receiver<T>) -> Option<T> {
    for look in 0..LOOKS + TURNS {
        match from.try_recv() {
            Ok(message) => return Some(message),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) if look < LOOKS => std::hint::spin_loop(),
            Err(TryRecvError::Empty) => std::thread::yield_now(),
        }
    }
    from.recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::load::Load;

    fn lines(operations: usize) -> Vec<Line> {
        Load::new(1000, 16, true).take(3 * operations).map(Line::Entry).collect()
    }

    fn told(readers: &Readers) -> String {
        format!("{:?}", readers.judge.verdicts())
    }

    #[test]
    fn readers_beside_come_to_the_same_and_can_be_called_back_at_any_line() {
        let (mut here, mut there) = (Readers::default(), Readers::default());
        let mut beside = Beside::default();
        beside.allow(Thread::place);
        let lines = lines(4_000);
        let last = lines.len() - 1;
        for (n, line) in lines.into_iter().enumerate() {
            here.read(&line);
            beside.read(&mut there, line);
            // Now and then after a few lines, and now and then after thousands.
            let often = crate::stdx::hash::mix(n as u64 / 700).is_multiple_of(3);
            if often && n.is_multiple_of(37) || n == last {
                beside.settle(&mut there);
                assert_eq!(told(&here), told(&there), "line {n}");
            }
        }
        assert!(here.judge.operations() > 3_000 && beside.clone().place.is_none());
    }

    #[test]
    fn few_lines_are_read_at_home() {
        let mut beside = Beside::default();
        beside.allow(|| unreachable!("nobody goes anywhere for this"));
        let mut readers = Readers::default();
        let lines = lines(1_000);
        let mut alone = Readers::default();
        lines.iter().for_each(|line| alone.read(line));
        for line in lines {
            beside.read(&mut readers, line);
            if beside.lines.len() == BATCH - 1 {
                beside.settle(&mut readers);
            }
        }
        beside.settle(&mut readers);
        assert_eq!(told(&readers), told(&alone));
    }

    #[test]
    #[should_panic = "at home"]
    fn a_clone_without_the_readers_would_be_worthless() {
        let (mut beside, mut readers) = (Beside::default(), Readers::default());
        beside.allow(Thread::place);
        lines(100).into_iter().for_each(|line| beside.read(&mut readers, line));
        _ = beside.clone();
    }
}
