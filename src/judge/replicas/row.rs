//! One key as its copies show it: the versions that matter still, who descends from whom, and what each copy shows.
//! It knows versions and machines; it judges nothing.

use crate::history::{Gone, Process, Value};
use crate::judge::Seen;

/// Versions remembered per key; the oldest are taken for safe beyond.
const VERSIONS: usize = 1024;

/// Versions that are kept of a key although every copy has something newer.
const RECENT: usize = 16;

#[derive(Clone, Copy, Debug)]
pub struct Version {
    pub value: Value,
    /// What it replaced.
    pub parent: Value,
    /// Its number among the row's, in the order in which they came to be, and its parent's, if that is remembered.
    number: u64,
    parent_number: Option<u64>,
    /// Some copy has shown it.
    pub shown: bool,
    /// Replacements since the first version that is remembered.
    pub depth: u32,
    /// The write, once its client has been told that it is stored.
    pub acknowledged: Option<Seen>,
    /// No copy has it or a successor any more.
    /// Why, and who had it last.
    pub gone: Option<(Gone, Process)>,
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
    /// Whether the copies are known not to be alike.
    pub differs: bool,
    /// Whether copies were found to contradict each other, until they are alike again.
    pub diverged: bool,
    /// Versions had to be forgotten that not every copy is known to have put behind it, until a common one is known again.
    pub overflowed: bool,
    /// Versions that were left when it was trimmed last.
    kept: usize,
    /// The number of the newest version; room below for those that are recalled.
    count: u64,
    /// Some version replaced one that came to be after it.
    tangled: bool,
    /// By a version's number that of another which it replaced besides in some copy, having come there after it, though
    /// neither knew of the other.
    also: Vec<(u64, u64)>,
}

impl Row {
    pub fn find(&self, value: Value) -> Option<&Version> {
        self.versions.iter().rfind(|v| v.value == value)
    }

    pub fn find_mut(&mut self, value: Value) -> Option<&mut Version> {
        self.versions.iter_mut().rfind(|v| v.value == value)
    }

    /// The version, new as a successor of `parent` if it is not known.
    pub fn add(&mut self, value: Value, parent: Value) {
        if value == Value::INITIAL || self.find(value).is_some() {
            return;
        }
        let before = self.find(parent);
        let depth = before.map_or(0, |p| p.depth) + 1;
        let parent_number = before.map(|p| p.number);
        if self.versions.len() == VERSIONS {
            let gone = self.versions.remove(0).number;
            self.also.retain(|(number, _)| *number != gone);
            self.overflowed = true;
        }
        self.count = (self.count + 1).max(1 << 32);
        let (number, shown, acknowledged, gone) = (self.count, false, None, None);
        let new = Version { value, number, parent, parent_number, shown, depth, acknowledged, gone };
        self.versions.push(new);
    }

    /// In some copy the version took the place of `over`, whatever its writer knew.
    pub fn succeed(&mut self, value: Value, over: Value) {
        if over == Value::INITIAL || over == value || self.is_child(value, over) {
            return;
        }
        if self.descends(value, over) || self.descends(over, value) {
            return;
        }
        let Some((other, depth)) = self.find(over).map(|v| (v.number, v.depth + 1)) else { return };
        let Some(version) = self.find_mut(value) else { return };
        version.depth = version.depth.max(depth);
        let (from, mut deeper) = (version.number, vec![(value, version.depth)]);
        self.also.push((from, other));
        self.tangled |= other > from;
        for later in self.versions.iter_mut().filter(|v| v.number > from) {
            let parent = deeper.iter().find(|(v, depth)| *v == later.parent && later.depth <= *depth);
            if let Some((_, depth)) = parent {
                later.depth = depth + 1;
                deeper.push((later.value, later.depth));
            }
        }
    }

    /// What a copy shows again in place of a successor that it lost: older than all that is remembered, unless it is known.
    pub fn recall(&mut self, value: Value) {
        if value != Value::INITIAL && self.find(value).is_none() {
            let lowest = self.versions.iter().map(|v| v.depth).min().unwrap_or(1);
            let depth = lowest.saturating_sub(1);
            let parent = Value::INITIAL;
            let number = self.versions.first().map_or(self.count, |v| v.number) - 1;
            let (parent_number, shown, acknowledged, gone) = (None, true, None, None);
            let old = Version { value, number, parent, parent_number, shown, depth, acknowledged, gone };
            self.versions.insert(0, old);
        }
    }

    #[cfg(test)]
    pub fn copy(&mut self, node: Process) -> &mut Copy {
        let place = self.place_of(node);
        &mut self.copies[place]
    }

    /// Where the machine's copy is among `copies`; new if there was none.
    pub fn place_of(&mut self, node: Process) -> usize {
        self.copies.iter().position(|c| c.node == node).unwrap_or_else(|| {
            self.copies.push(Copy { node, heads: Vec::new(), applied: (0, 0), whole: true });
            self.copies.len() - 1
        })
    }

    /// The copy shows the version where it showed `over`, and all else that the version descends from.
    pub fn show(&mut self, place: usize, value: Value, over: Value) {
        if let [head] = &mut self.copies[place].heads[..]
            && (*head == over || *head == value)
        {
            *head = value;
            return;
        }
        let mut heads = std::mem::take(&mut self.copies[place].heads);
        let kept = |h: &Value| over == Value::INITIAL || !self.descends(value, *h);
        heads.retain(|h| *h != value && *h != over && kept(h));
        heads.push(value);
        self.copies[place].heads = heads;
    }

    /// Whether `old` is what `new` replaced, as is nearly always asked: then that is remembered side by side.
    fn is_child(&self, new: Value, old: Value) -> bool {
        let Some(version) = self.find(new).filter(|v| v.parent == old) else { return false };
        version.parent_number.and_then(|n| self.numbered(n)).is_some_and(|parent| parent.value == old)
    }

    /// What it replaced besides.
    fn also(&self, number: u64) -> impl Iterator<Item = u64> {
        self.also.iter().filter(move |(n, _)| *n == number).map(|(_, other)| *other)
    }

    /// Whether `old` is `new` or an ancestor of it, as far as is remembered; what is forgotten is taken for an ancestor.
    pub fn descends(&self, new: Value, old: Value) -> bool {
        let Some(target) = self.find(old) else { return true };
        let Some(start) = self.find(new) else { return new != Value::INITIAL };
        if start.number == target.number {
            return true;
        }
        let mut next = vec![start];
        let mut seen: Vec<u64> = Vec::new();
        while let Some(version) = next.pop() {
            if version.number == target.number {
                return true;
            }
            // Parents came before their children.
            if version.number < target.number && !self.tangled {
                continue;
            }
            if !self.also.is_empty() || self.tangled {
                if seen.contains(&version.number) {
                    continue;
                }
                seen.push(version.number);
            }
            match version.parent_number.map(|n| (n, self.numbered(n))) {
                Some((_, Some(parent))) => next.push(parent),
                // Forgotten, but older than what is looked for: it leads elsewhere.
                Some((number, None)) if number < target.number && !self.tangled => {}
                _ if version.parent != Value::INITIAL => return true,
                _ => {}
            }
            next.extend(self.also(version.number).filter_map(|n| self.numbered(n)));
        }
        false
    }

    fn numbered(&self, number: u64) -> Option<&Version> {
        self.versions.get(self.place(number)?)
    }

    fn place(&self, number: u64) -> Option<usize> {
        self.versions.binary_search_by_key(&number, |v| v.number).ok()
    }

    /// Whether one of these machines shows the version or a successor.
    pub fn held(&self, value: Value, by: impl Fn(Process) -> bool) -> bool {
        let mut heads = self.copies.iter().filter(|c| by(c.node)).flat_map(|c| &c.heads);
        heads.any(|head| self.descends(*head, value))
    }

    /// The versions of which none of these machines shows any, nor a successor: what `held` denies, in one walk.
    pub fn missed(&self, by: impl Fn(Process) -> bool) -> impl Iterator<Item = &Version> {
        let mut held = vec![false; self.versions.len()];
        // What is forgotten is taken for a successor of all that came before it.
        let mut safe = 0;
        let mut next = Vec::new();
        for head in self.copies.iter().filter(|c| by(c.node)).flat_map(|c| &c.heads) {
            match self.versions.iter().rposition(|v| v.value == *head) {
                Some(place) => next.push(place),
                None if *head != Value::INITIAL => safe = u64::MAX,
                None => {}
            }
        }
        while let Some(place) = next.pop() {
            if std::mem::replace(&mut held[place], true) {
                continue;
            }
            let version = &self.versions[place];
            match version.parent_number.map(|n| (n, self.place(n))) {
                Some((_, Some(parent))) => next.push(parent),
                _ if version.parent == Value::INITIAL => {}
                _ if self.tangled => safe = u64::MAX,
                Some((number, None)) => safe = safe.max(number),
                None => safe = safe.max(version.number),
            }
            next.extend(self.also(version.number).filter_map(|n| self.place(n)));
        }
        self.versions.iter().zip(held).filter(move |(v, held)| !held && v.number > safe).map(|(v, _)| v)
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
                let awaited = match v.gone {
                    Some(_) => v.acknowledged.is_none(),
                    None => !v.shown,
                };
                index > old || awaited || heads.contains(&v.value)
            });
            (self.tangled, self.overflowed) = (false, false);
            let surplus = self.versions.len().saturating_sub(VERSIONS / 16);
            self.versions.drain(..surplus);
        } else {
            let least = self.common(members);
            self.overflowed &= least == 0;
            self.versions.retain(|v| v.depth >= least);
        }
        if !self.also.is_empty() {
            let versions = &self.versions;
            self.also.retain(|(n, _)| versions.binary_search_by_key(n, |v| v.number).is_ok());
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
