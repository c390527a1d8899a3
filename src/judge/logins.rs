//! Sessions kept: nobody who has logged in is logged out by the system, and no cart is lost. It reads facts alone.

use super::verdict::{Tally, Verdict};
use super::witness::{Pattern, Witness};
use crate::history::{Entry, Fact, Key, Record};

#[derive(Clone, Default, Debug)]
pub struct Logins {
    opened: u64,
    lost: Tally,
    carts: u64,
    items: u64,
}

impl Logins {
    pub fn read(&mut self, entry: &Entry) {
        match entry.record {
            Record::Fact(Fact::SessionOpened { .. }) => self.opened += 1,
            Record::Fact(Fact::SessionLost { session, cart }) => {
                self.carts += u64::from(cart > 0);
                self.items += u64::from(cart);
                let pattern = Pattern::LoggedOut { session, cart };
                self.lost.add(Witness::alone(pattern, Key(0), entry.at, None));
            }
            _ => {}
        }
    }

    /// Contradictions found so far: while this is the same, so are the proofs.
    pub fn contradictions(&self) -> u64 {
        self.lost.count()
    }

    pub fn verdicts(&self, out: &mut Vec<Verdict>) {
        let detail = match self.carts {
            0 => String::new(),
            1 => format!("1 cart lost with {} items", self.items),
            n => format!("{n} carts lost with {} items", self.items),
        };
        out.push(Verdict {
            id: "sessions-kept",
            name: "Sessions kept",
            meaning: "Nobody who has logged in is logged out by the system, and no cart is lost.",
            state: self.lost.state(self.opened),
            checked: self.opened,
            detail,
        });
    }

    /// Sessions opened, sessions lost, carts lost, items in these.
    pub fn counts(&self) -> (u64, u64, u64, u64) {
        (self.opened, self.lost.count(), self.carts, self.items)
    }
}

#[cfg(test)]
mod tests {
    use crate::history::{Fact, SessionId};
    use crate::judge::drawn::{proof, states, told};

    /// The second server does not know whom the first has logged in.
    #[test]
    fn who_has_logged_in_is_found_again() {
        let drawing = "
            ann |-l-|     |-r0-|
            bob     |-l-|        |-r-!";
        let opened = |at, session| (at, Fact::SessionOpened { session: SessionId(session) });
        let both = [opened(18, 0), opened(22, 1)];
        assert_eq!(states(&told(drawing, &both), &["sessions-kept"]), "sessions-kept: holds");
        let lost = (36, Fact::SessionLost { session: SessionId(1), cart: 0 });
        let entries = told(drawing, &[&both[..], &[lost]].concat());
        assert_eq!(states(&entries, &["sessions-kept"]), "sessions-kept: broken 1");
        assert_eq!(states(&told(drawing, &[]), &["sessions-kept"]), "sessions-kept: not exercised");
    }

    #[test]
    fn a_session_that_is_not_found_is_lost_with_its_cart() {
        let opened = (1, Fact::SessionOpened { session: SessionId(7) });
        assert_eq!(states(&told("", &[opened]), &["sessions-kept"]), "sessions-kept: holds");
        let entries = told("", &[opened, (2, Fact::SessionLost { session: SessionId(7), cart: 2 })]);
        assert_eq!(states(&entries, &["sessions-kept"]), "sessions-kept: broken 1");
        let said = "Session 7 was logged out although it had logged in: 2 items in the cart are gone.";
        assert!(proof(&entries, "sessions-kept").starts_with(said));
    }
}
