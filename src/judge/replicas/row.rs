//! One key as its copies show it: the versions that matter still, who descends from whom, and what each copy shows.
//! It knows versions and machines; it judges nothing.

use crate::history::{Gone, Process, Value};
use crate::judge::Seen;

/// Versions remembered per key; the oldest are taken for safe beyond.
const VERSIONS: usize = 1024;

/// Versions that are kept of a key although every copy has something newer.
const RECENT: usize = 16;

#[derive(Clone, Debug)]
pub struct Version {
    pub value: Value,
    /// What it replaced.
    pub parent: Value,
    /// Replacements since the first version that is remembered.
    pub depth: u32,
    /// The write, once its client has been told that it is stored.
    pub acknowledged: Option<Seen>,
    /// No copy has it or a successor any more.
    pub gone: Option<Gone>,
}

/// What one machine shows of the key.
#[derive(Clone, Debug)]
pub struct Copy {
    pub node: Process,
    /// The newest version; several where siblings are kept; none before the first.
    pub heads: Vec<Value>,
    /// Sum of the hashes of all that was applied here, which no order changes, and how many these were.
    pub applied: (u64, u64),
    /// Nothing was ever cut off or destroyed here, so `applied` tells what the copy has seen.
    pub whole: bool,
}

#[derive(Clone, Default, Debug)]
pub struct Row {
    pub set: u32,
    /// In the order in which they came to be.
    pub versions: Vec<Version>,
    pub copies: Vec<Copy>,
    /// Whether copies were found to contradict each other, until they are alike again.
    pub diverged: bool,
    /// Versions that were left when it was trimmed last.
    kept: usize,
}

impl Row {
    pub fn find(&self, value: Value) -> Option<&Version> {
        self.versions.iter().rfind(|v| v.value == value)
    }

    pub fn find_mut(&mut self, value: Value) -> Option<&mut Version> {
        self.versions.iter_mut().rfind(|v| v.value == value)
    }

    /// The version, new as a successor of `parent` if it is not known. Returns whether it was.
    pub fn add(&mut self, value: Value, parent: Value) {
        if value == Value::INITIAL || self.find(value).is_some() {
            return;
        }
        let depth = self.find(parent).map_or(0, |p| p.depth) + 1;
        if self.versions.len() == VERSIONS {
            self.versions.remove(0);
        }
        self.versions.push(Version { value, parent, depth, acknowledged: None, gone: None });
    }

    /// What a copy shows again in place of a successor that it lost: older than all that is remembered, unless it is known.
    pub fn recall(&mut self, value: Value) {
        if value != Value::INITIAL && self.find(value).is_none() {
            let lowest = self.versions.iter().map(|v| v.depth).min().unwrap_or(1);
            let depth = lowest.saturating_sub(1);
            let parent = Value::INITIAL;
            self.versions.insert(0, Version { value, parent, depth, acknowledged: None, gone: None });
        }
    }

    pub fn copy(&mut self, node: Process) -> &mut Copy {
        let index = self.copies.iter().position(|c| c.node == node).unwrap_or_else(|| {
            self.copies.push(Copy { node, heads: Vec::new(), applied: (0, 0), whole: true });
            self.copies.len() - 1
        });
        &mut self.copies[index]
    }

    /// Whether `old` is `new` or an ancestor of it, as far as is remembered; what is forgotten is taken for an ancestor.
    pub fn descends(&self, new: Value, old: Value) -> bool {
        let Some(target) = self.find(old) else { return true };
        let mut place = self.versions.iter().rposition(|v| v.value == new);
        while let Some(index) = place {
            let version = &self.versions[index];
            if version.value == old {
                return true;
            }
            if version.depth <= target.depth {
                return false;
            }
            // Parents came before their children.
            place = self.versions[..index].iter().rposition(|v| v.value == version.parent);
            if place.is_none() {
                return version.parent != Value::INITIAL;
            }
        }
        new != Value::INITIAL
    }

    /// Whether one of these machines shows the version or a successor.
    pub fn held(&self, value: Value, by: impl Fn(Process) -> bool) -> bool {
        let mut heads = self.copies.iter().filter(|c| by(c.node)).flat_map(|c| &c.heads);
        heads.any(|head| self.descends(*head, value))
    }

    /// Whether all these machines show the same.
    pub fn alike(&self, members: &[Process]) -> bool {
        let heads =
            |node: &Process| self.copies.iter().find(|c| c.node == *node).map_or(&[][..], |c| &c.heads);
        members.windows(2).all(|pair| {
            let (a, b) = (heads(&pair[0]), heads(&pair[1]));
            a.len() == b.len() && a.iter().all(|v| b.contains(v))
        })
    }

    /// Forgets what every machine has put behind it, but for the last few versions: a crash may bring them back.
    pub fn trim(&mut self, members: &[Process], alike: bool) {
        if self.versions.len() <= 2 * RECENT.max(self.kept) {
            return;
        }
        if alike {
            let heads = self.copies.first().map_or(Vec::new(), |c| c.heads.clone());
            let old = self.versions.len() - RECENT;
            let mut index = 0;
            self.versions.retain(|v| {
                index += 1;
                index > old || heads.contains(&v.value) || (v.gone.is_some() && v.acknowledged.is_none())
            });
            let surplus = self.versions.len().saturating_sub(VERSIONS / 16);
            self.versions.drain(..surplus);
        } else {
            let least = self.common(members);
            self.versions.retain(|v| v.depth >= least);
        }
        self.kept = self.versions.len();
    }

    /// How deep the newest version lies from which everything descends that these machines show; 0 if it is not known.
    fn common(&self, members: &[Process]) -> u32 {
        let at = |value: Value, before: usize| self.versions[..before].iter().rposition(|v| v.value == value);
        let mut places = Vec::new();
        for node in members {
            let Some(copy) = self.copies.iter().find(|c| c.node == *node && !c.heads.is_empty()) else {
                return 0;
            };
            for head in &copy.heads {
                let Some(place) = at(*head, self.versions.len()) else { return 0 };
                places.push(place);
            }
        }
        // The newest of them cannot be common to all while there is another: its parent may be.
        while let (Some(newest), Some(oldest)) = (places.iter().max().copied(), places.iter().min())
            && newest != *oldest
        {
            let Some(parent) = at(self.versions[newest].parent, newest) else { return 0 };
            places.iter_mut().filter(|p| **p == newest).for_each(|p| *p = parent);
        }
        places.first().map_or(0, |p| self.versions[*p].depth)
    }
}
