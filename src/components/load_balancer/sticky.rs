//! How a session stays with its server. It may not know how a server is picked otherwise.

use super::policy::Server;
use super::settings::{Health, Settings, Stickiness};
use crate::components::protocol::Ask;
use crate::stdx::Random;
use std::collections::{BTreeMap, VecDeque};

/// Sessions that are remembered; then the oldest are forgotten.
const ENTRIES: usize = 200_000;

/// What the balancer remembers of sessions. In memory: a crash forgets it.
#[derive(Clone, Debug, Default)]
pub struct Sticky {
    /// The cookie's random number, or the client's address, and the server's place.
    table: BTreeMap<u32, u32>,
    oldest: VecDeque<u32>,
}

impl Sticky {
    /// The server that the session of this request belongs to, if it still stands and is believed to be up.
    pub fn find(&self, settings: &Settings, ask: &Ask, servers: &[Server]) -> Option<u32> {
        let stick = ask.cookie.stick;
        let place = match settings.sticky {
            Stickiness::None => None,
            Stickiness::Cookie => servers.iter().position(|s| stick == name(s) && !s.gone).map(|i| i as u32),
            Stickiness::Number => self.table.get(&stick).copied(),
            Stickiness::Source => self.table.get(&ask.op.session.0).copied(),
        }?;
        let server = &servers[place as usize];
        let up = server.up || settings.health == Health::None;
        (!server.gone && up).then_some(place)
    }

    /// Remembers where the request was sent, and says what the cookie is to be from now on; 0: as it was.
    pub fn mark(
        &mut self,
        settings: &Settings,
        ask: &Ask,
        server: u32,
        servers: &[Server],
        random: &mut Random,
    ) -> u32 {
        let stick = ask.cookie.stick;
        match settings.sticky {
            Stickiness::None => 0,
            Stickiness::Cookie => {
                let name = name(&servers[server as usize]);
                if stick == name { 0 } else { name }
            }
            Stickiness::Number => match self.table.get_mut(&stick) {
                Some(place) => {
                    *place = server;
                    0
                }
                None => {
                    let number = (random.word() >> 32) as u32 | 1;
                    self.remember(number, server);
                    number
                }
            },
            Stickiness::Source => {
                self.remember(ask.op.session.0, server);
                0
            }
        }
    }

    fn remember(&mut self, whom: u32, server: u32) {
        if self.table.insert(whom, server).is_none() {
            self.oldest.push_back(whom);
            if self.oldest.len() > ENTRIES
                && let Some(oldest) = self.oldest.pop_front()
            {
                self.table.remove(&oldest);
            }
        }
    }

    pub fn clear(&mut self) {
        self.table.clear();
        self.oldest.clear();
    }
}

/// What a cookie that names the server says.
fn name(server: &Server) -> u32 {
    server.address.peer.0 + 1
}
