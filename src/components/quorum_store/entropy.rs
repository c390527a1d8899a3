//! Anti-entropy: two replicas compare the hashes of all they have, and exchange what lies in the leaves in which they
//! differ (Dynamo's Merkle trees). It may not know why they differ.

use super::cells::leaf;
use super::replica::Came;
use super::{Disk, QuorumStore, TICK_ENTROPY};
use crate::components::protocol::quorum::{Quorum, Version};
use crate::components::protocol::{Ctx, Timer};

impl QuorumStore {
    /// Comes again after the period, if there is one.
    pub(super) fn arm_entropy(&mut self, ctx: &mut Ctx<'_>) {
        if !self.settings.anti_entropy.is_zero() && !std::mem::replace(&mut self.comparing, true) {
            ctx.timer(self.settings.anti_entropy, Timer::Tick(TICK_ENTROPY));
        }
    }

    /// Shows its hashes to the next replica that can be reached.
    pub(super) fn compare(&mut self, ctx: &mut Ctx<'_>) {
        let (n, now) = (self.members.len(), ctx.now());
        if self.disk == Disk::Lost || self.settings.anti_entropy.is_zero() {
            return;
        }
        let turn = (1..=n).map(|step| (self.compared + step) % n);
        if let Some(seat) = turn.into_iter().find(|seat| *seat != 0 && self.is_up(*seat, now)) {
            self.compared = seat;
            let tree = self.cells.leaves().into();
            self.tell(seat, Quorum::Tree(tree), ctx);
        }
    }

    /// Another shows its hashes: where they differ it is told what is here.
    pub(super) fn shown_tree(&mut self, seat: usize, theirs: &[u64], ctx: &mut Ctx<'_>) {
        let pairs = self.cells.leaves().iter().zip(theirs).enumerate();
        let differing: Vec<u8> = pairs.filter(|(_, (a, b))| a != b).map(|(i, _)| i as u8).collect();
        if !differing.is_empty() {
            self.tell_leaves(seat, &differing, true, &[], ctx);
        }
    }

    /// Says what is in these leaves; what is in `known`, in the order of the items, the other has already.
    fn tell_leaves(&mut self, seat: usize, leaves: &[u8], asking: bool, known: &[Version], ctx: &mut Ctx<'_>) {
        let wanted = |v: &Version| leaves.binary_search(&leaf(v.item)).is_ok();
        let mut versions: Vec<Version> = self.cells.iter().filter(wanted).collect();
        let theirs = |v: &Version| known.binary_search_by_key(&v.item, |k| k.item).ok().map(|at| known[at].stamp);
        versions.retain(|v| theirs(v).is_none_or(|stamp| stamp < v.stamp));
        if asking || !versions.is_empty() {
            let leaves = leaves.into();
            self.tell(seat, Quorum::Leaves { leaves, versions: versions.into(), asking }, ctx);
        }
    }

    /// What another has in leaves that differ.
    pub(super) fn told_leaves(
        &mut self,
        seat: usize,
        leaves: &[u8],
        versions: &[Version],
        asking: bool,
        ctx: &mut Ctx<'_>,
    ) {
        for version in versions {
            self.take_in(*version, Came::Shown, ctx);
        }
        if asking {
            self.tell_leaves(seat, leaves, false, versions, ctx);
        }
    }
}
