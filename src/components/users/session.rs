//! One user's session: what the browser keeps, and how far its one operation is. It may not know how it is sent.

use crate::components::protocol::Cookie;
use crate::history::{Key, Kind, Op, OpId, Process, SessionId, Value};
use crate::sim::LinkId;
use crate::stdx::{Duration, Instant};

/// What a session is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Waits to be picked for the next arrival.
    Idle,
    /// Waits for its think time to end.
    Thinking,
    /// Waits for an answer.
    Asking,
    /// Waits before it tries again.
    BackingOff,
    /// There are more sessions than the load asks for.
    Away,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub id: SessionId,
    pub state: State,
    /// Names what the session waits for, so that old answers and timers name nobody.
    pub turn: u32,
    /// Whom it talks to; None: to be chosen.
    pub door: Option<LinkId>,
    /// Until when the address that leads there is known, where a name server told it.
    pub known_until: Instant,
    /// It asks a name server, and has sent nothing else of this attempt.
    pub looking_up: bool,
    /// The line that its last attempt went over.
    pub via: Option<LinkId>,
    /// The operation under way, or the last one.
    pub op: Op,
    pub attempt: u8,
    /// Some attempt of the operation may have been carried out.
    pub maybe: bool,
    pub logged_in: bool,
    pub cart: u32,
    pub cookie: Cookie,
    /// The latest position in the store's order of writes that an answer named.
    pub seen: u64,
    /// Operations until it ends; None: never.
    pub left: Option<u32>,
    /// What it will do when it has logged in.
    pub next: Option<(Kind, Key)>,
    /// Of those who write and read in turn: the key that has just been written.
    pub wrote: Option<Key>,
}

impl Session {
    pub fn new(id: SessionId, client: Process) -> Session {
        Session {
            id,
            state: State::Idle,
            turn: 0,
            door: None,
            known_until: Instant::START,
            looking_up: false,
            via: None,
            op: Op {
                id: OpId(0),
                client,
                session: id,
                kind: Kind::Read,
                key: Key(0),
                value: Value::INITIAL,
                invoked: Instant::START,
            },
            attempt: 0,
            maybe: false,
            logged_in: false,
            cart: 0,
            cookie: Cookie::default(),
            seen: 0,
            left: None,
            next: None,
            wrote: None,
        }
    }

    /// Another visitor in the same place: nothing is kept but the turn.
    pub fn anew(&mut self, id: SessionId) {
        *self = Session { turn: self.turn, state: self.state, ..Session::new(id, self.op.client) };
    }

    /// The session was not found: the browser forgets all that came with it. Says how much was in the cart.
    pub fn log_out(&mut self, fresh: SessionId) -> u32 {
        self.id = fresh;
        self.logged_in = false;
        self.cookie.session = false;
        self.cookie.signed = 0;
        std::mem::take(&mut self.cart)
    }
}

/// How many retries the users allow themselves: a share of their requests, and a few besides (Finagle's
/// `RetryBudget`: tokens live for ten seconds, ten a second are free).
#[derive(Clone, Debug, Default)]
pub struct Budget {
    tokens: f64,
    at: Instant,
}

const LIFE: Duration = Duration::from_secs(10);
const FREE_PER_SECOND: f64 = 10.0;

impl Budget {
    fn pass(&mut self, now: Instant) {
        let span = (now - self.at).as_secs() / LIFE.as_secs();
        let kept = libm::exp(-span);
        let free = FREE_PER_SECOND * LIFE.as_secs();
        self.tokens = self.tokens * kept + free * (1.0 - kept);
        self.at = now;
    }

    /// A first attempt was made.
    pub fn deposit(&mut self, share: f64, now: Instant) {
        self.pass(now);
        self.tokens += share;
    }

    /// Whether one more retry may be made; it is then paid for.
    pub fn withdraw(&mut self, now: Instant) -> bool {
        self.pass(now);
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }
}
