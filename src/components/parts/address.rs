//! Where requests to a machine go: over its line, or over another while another machine holds its address (a balancer
//! pair's move with a gratuitous ARP). It may not know what is asked.

use crate::components::Port;
use crate::history::Process;
use crate::sim::LinkId;

/// The address of the machine at the other end of a line.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    /// The machine's own line.
    pub link: LinkId,
    pub peer: Process,
    /// The line to who holds the address now.
    pub via: LinkId,
}

impl Address {
    pub fn new(port: &Port) -> Address {
        Address { link: port.link, peer: port.peer, via: port.link }
    }

    /// Who is at the other end of `link` says that the address of `of` is there.
    pub fn moved(&mut self, of: Process, link: LinkId) {
        if self.peer == of {
            self.via = link;
        }
    }

    /// That line is gone: whoever held the address over it holds it no more.
    pub fn parted(&mut self, link: LinkId) {
        if self.via == link {
            self.via = self.link;
        }
    }
}
