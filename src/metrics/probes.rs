//! What each machine of clients met, taken as a probe of the service: from the first answer that is none to the next good
//! one the service was down for it. It reads the history alone.

use super::spells::Spells;
use crate::history::{Entry, Outcome, Process, Record};

/// The operations of one machine of clients.
#[derive(Clone, Debug)]
pub struct Probe {
    pub client: Process,
    pub ok: u64,
    /// Failed, or nobody knows.
    pub bad: u64,
    pub spells: Spells,
}

#[derive(Clone, Default, Debug)]
pub struct Probes {
    probes: Vec<Probe>,
}

impl Probes {
    pub fn read(&mut self, entry: &Entry) {
        let Record::Return { op, outcome } = entry.record else { return };
        let ok = matches!(outcome, Outcome::Ok { .. });
        let known = self.probes.iter().position(|p| p.client == op.client);
        let probe = match known {
            Some(i) => &mut self.probes[i],
            None => {
                let spells = Spells::new(op.invoked);
                self.probes.push(Probe { client: op.client, ok: 0, bad: 0, spells });
                self.probes.last_mut().expect("it was pushed")
            }
        };
        probe.ok += ok as u64;
        probe.bad += !ok as u64;
        probe.spells.set(ok, entry.at);
    }

    pub fn of(&self, client: Process) -> Option<&Probe> {
        self.probes.iter().find(|p| p.client == client)
    }
}
