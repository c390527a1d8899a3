//! Which shard keeps which key. It may not know where a key's row is while it is being moved.

use super::{By, ShardRouter};
use crate::components::parts::ring::Ring;
use crate::history::Key;
use crate::stdx::hash;

/// A range of keys up to the begin of the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    start: u32,
    shard: u32,
    /// Requests for its keys: the busiest is split.
    requests: u64,
}

#[derive(Clone, Debug)]
pub(super) enum Table {
    /// By their begins; the first begins at 0.
    Ranges(Vec<Range>),
    Modulo(Vec<u32>),
    Ring(Ring),
}

impl Default for Table {
    fn default() -> Table {
        Table::Modulo(Vec::new())
    }
}

impl Table {
    pub fn owner(&self, key: Key) -> Option<u32> {
        match self {
            Table::Ranges(ranges) => Some(ranges.get(range_of(ranges, key)?)?.shard),
            Table::Modulo(shards) if shards.is_empty() => None,
            Table::Modulo(shards) => Some(shards[(hash::mix(key.0 as u64) % shards.len() as u64) as usize]),
            Table::Ring(ring) => ring.owner(hash::mix(key.0 as u64)),
        }
    }

    pub fn asked(&mut self, key: Key) {
        if let Table::Ranges(ranges) = self
            && let Some(i) = range_of(ranges, key)
        {
            ranges[i].requests += 1;
        }
    }

    /// The share of all keys that each of so many shards keeps: of `keys` by range, of all hashes there can be else.
    pub fn shares(&self, shards: usize, keys: u32) -> Vec<f64> {
        let mut shares = vec![0.0; shards];
        match self {
            Table::Ranges(ranges) => {
                for (i, range) in ranges.iter().enumerate() {
                    let end = ranges.get(i + 1).map_or(keys, |next| next.start.min(keys));
                    shares[range.shard as usize] += end.saturating_sub(range.start) as f64 / keys as f64;
                }
            }
            Table::Modulo(of) => of.iter().for_each(|shard| shares[*shard as usize] += 1.0 / of.len() as f64),
            Table::Ring(ring) => ring.shares().for_each(|(shard, share)| shares[shard as usize] += share),
        }
        shares
    }
}

fn range_of(ranges: &[Range], key: Key) -> Option<usize> {
    ranges.partition_point(|r| r.start <= key.0).checked_sub(1)
}

impl ShardRouter {
    /// As it is when nothing has been moved yet.
    pub(super) fn first_table(&self) -> Table {
        let active = self.active();
        match self.settings.by {
            By::Range => Table::Ranges(self.first_ranges(&active)),
            By::Modulo => Table::Modulo(active),
            By::Consistent => Table::Ring(self.ring(&active)),
        }
    }

    fn ring(&self, active: &[u32]) -> Ring {
        let named = active.iter().map(|i| (self.shards[*i as usize].name, *i));
        Ring::with_points(named, self.settings.virtual_nodes)
    }

    /// A range for each shard, at the split points that were drawn or all of one size. With more split points than
    /// shards the ranges go round.
    fn first_ranges(&self, active: &[u32]) -> Vec<Range> {
        let n = active.len() as u64;
        if n == 0 {
            return Vec::new();
        }
        let words = self.settings.splits.split(|c: char| c == ',' || c.is_whitespace());
        let mut starts: Vec<u32> = words.filter_map(|word| word.parse().ok()).collect();
        if starts.is_empty() {
            starts = (1..n).map(|i| (i * self.settings.keys as u64 / n) as u32).collect();
        }
        starts.push(0);
        starts.sort_unstable();
        starts.dedup();
        let range = |(i, start): (usize, &u32)| Range { start: *start, shard: active[i % active.len()], requests: 0 };
        starts.iter().enumerate().map(range).collect()
    }

    /// The table once the shards have changed: ranges are split and handed over, hashes are spread anew.
    pub(super) fn next_table(&self) -> Table {
        let (Table::Ranges(ranges), By::Range) = (&self.table, self.settings.by) else { return self.first_table() };
        let active = self.active();
        if active.is_empty() || ranges.is_empty() {
            return self.first_table();
        }
        let mut ranges = ranges.clone();
        for i in 0..ranges.len() {
            if !active.contains(&ranges[i].shard) {
                // Its neighbour takes the range of one who has left.
                let near = ranges[..i].iter().rev().chain(&ranges[i..]).map(|r| r.shard).find(|s| active.contains(s));
                ranges[i].shard = near.unwrap_or(active[0]);
            }
        }
        for shard in active {
            if ranges.iter().all(|r| r.shard != shard) {
                split(&mut ranges, shard, self.settings.keys);
            }
        }
        Table::Ranges(ranges)
    }
}

/// The newcomer takes the upper half of the busiest range that can be split, of equally busy ones the largest.
fn split(ranges: &mut Vec<Range>, newcomer: u32, keys: u32) {
    let end = |i: usize| ranges.get(i + 1).map_or(keys, |next: &Range| next.start);
    let size = |i: usize| end(i).saturating_sub(ranges[i].start);
    let Some(i) = (0..ranges.len()).filter(|i| size(*i) >= 2).max_by_key(|i| (ranges[*i].requests, size(*i))) else {
        return;
    };
    let start = ranges[i].start + size(i) / 2;
    ranges[i].requests /= 2;
    let requests = ranges[i].requests;
    ranges.insert(i + 1, Range { start, shard: newcomer, requests });
}
