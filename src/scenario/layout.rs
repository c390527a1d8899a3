//! Where the machines of a board stand when nobody has said: in columns from those who ask to those who keep, like a
//! transit map. A function of the document alone: the same board always looks the same. It may not know any picture.

use crate::components::{Shelf, Wire};
use crate::scenario::{Document, Point};

/// A card's size, in board pixels.
pub const WIDTH: i32 = 144;
pub const HEIGHT: i32 = 72;
/// Positions are multiples of this.
pub const GRID: i32 = 8;
/// From a card's centre to the centre of the next.
pub const STEP: Point = Point { x: 208, y: 128 };
/// The same on a phone, where cards are 48 high: two of them side by side in 368 pixels.
pub const NARROW: Point = Point { x: 176, y: 88 };
/// The centre of the first card.
const FIRST: Point = Point { x: 96, y: 64 };
/// Between the rows of two zones there is room for their boxes and names.
const ZONE_GAP: f64 = 64.0;

/// A place for every machine, left to right; no two overlap.
pub fn landscape(document: &Document) -> Vec<Point> {
    let plan = Plan::new(document);
    let ys = plan.rows();
    let mut left = vec![0; plan.layers + 1];
    for layer in 0..plan.layers {
        let widest = plan.blocks.iter().filter(|b| b.layer == layer).map(|b| b.columns).max().unwrap_or(1);
        left[layer + 1] = left[layer] + widest as i32;
    }
    let mut points = vec![Point::default(); document.machines.len()];
    for (block, y) in plan.blocks.iter().zip(&ys) {
        for (member, (column, row)) in block.members.iter().zip(&block.cells) {
            let middle = (block.rows as f64 - 1.0) / 2.0;
            points[*member] = Point {
                x: (left[block.layer] + *column as i32) * STEP.x,
                y: snap(y + (row - middle) * STEP.y as f64),
            };
        }
    }
    from_first(&mut points);
    points
}

/// Places the machines for an upright screen, as [`portrait`] says.
pub fn stand_upright(document: &mut Document) {
    let places = portrait(document);
    document.machines.iter_mut().zip(places).for_each(|(machine, at)| machine.at = at);
}

/// A place for every machine, top to bottom and at most two side by side: for a phone held upright.
pub fn portrait(document: &Document) -> Vec<Point> {
    let plan = Plan::new(document);
    let ys = plan.rows();
    let mut order: Vec<usize> = (0..plan.blocks.len()).collect();
    order.sort_by(|a, b| {
        let (one, other) = (&plan.blocks[*a], &plan.blocks[*b]);
        (one.band, one.layer).cmp(&(other.band, other.layer)).then(ys[*a].total_cmp(&ys[*b]))
    });
    let mut points = vec![Point::default(); document.machines.len()];
    let mut row = 0;
    let mut shelf = None;
    let mut waiting: Option<usize> = None;
    let half = NARROW.x / 2;
    for index in order {
        let block = &plan.blocks[index];
        if shelf != Some((block.band, block.layer)) || block.members.len() > 1 {
            row += i32::from(waiting.take().is_some());
        }
        if shelf.is_some_and(|(band, _)| band != block.band) {
            row += 1;
        }
        shelf = Some((block.band, block.layer));
        let y = |row: i32| row * NARROW.y;
        match (&block.members[..], waiting.take()) {
            // Two single ones share a row; a lonely one stands in the middle.
            ([member], Some(before)) => {
                points[before].x -= half;
                points[*member] = Point { x: half, y: y(row) };
                row += 1;
            }
            ([member], None) => {
                points[*member] = Point { x: 0, y: y(row) };
                waiting = Some(*member);
            }
            (members, _) => {
                for (i, member) in block.around().into_iter().enumerate() {
                    let alone = i + 1 == members.len() && i % 2 == 0;
                    let x = if alone { 0 } else { (i as i32 % 2 * 2 - 1) * half };
                    points[member] = Point { x, y: y(row + i as i32 / 2) };
                }
                row += members.len().div_ceil(2) as i32;
            }
        }
    }
    let top = points.iter().map(|p| p.y).min().unwrap_or(0);
    for point in &mut points {
        *point = Point { x: point.x + FIRST.x + half, y: point.y - top + FIRST.y };
    }
    points
}

/// Gives a place to every machine that has none: `placed` says which have one. Those keep it.
pub fn complete(document: &mut Document, placed: &[bool]) {
    if placed.iter().all(|p| *p) {
        return;
    }
    let wishes = landscape(document);
    if !placed.contains(&true) {
        document.machines.iter_mut().zip(wishes).for_each(|(m, at)| m.at = at);
        return;
    }
    let mut taken: Vec<Point> =
        document.machines.iter().zip(placed).filter(|(_, placed)| **placed).map(|(m, _)| m.at).collect();
    for ((machine, wish), _) in document.machines.iter_mut().zip(wishes).zip(placed).filter(|(_, p)| !**p) {
        machine.at = free_place(&taken, wish);
        taken.push(machine.at);
    }
}

/// The place nearest to the wish where a card overlaps no other.
pub fn free_place(taken: &[Point], wish: Point) -> Point {
    let step = Point { x: STEP.x / 2, y: STEP.y / 2 };
    let wish = Point { x: snap(wish.x as f64), y: snap(wish.y as f64) };
    let free = |at: &Point| !taken.iter().any(|t| overlap(*at, *t));
    // Ring by ring outwards; within a ring the nearest first. So many rings hold more places than there are cards.
    let rings = 2 + 2 * taken.len() as i32;
    (0..rings)
        .find_map(|ring| {
            let side = -ring..=ring;
            let places = side.clone().flat_map(|dy| side.clone().map(move |dx| (dx, dy)));
            let on_ring = places.filter(|(dx, dy)| dx.abs().max(dy.abs()) == ring);
            let points = on_ring.map(|(dx, dy)| Point { x: wish.x + dx * step.x, y: wish.y + dy * step.y });
            points.filter(free).min_by_key(|p| (p.x - wish.x).abs() + (p.y - wish.y).abs())
        })
        .unwrap_or(wish)
}

/// Whether two cards with these centres would lie on each other.
pub fn overlap(a: Point, b: Point) -> bool {
    (a.x - b.x).abs() < WIDTH && (a.y - b.y).abs() < HEIGHT
}

fn snap(x: f64) -> i32 {
    (x / GRID as f64).round() as i32 * GRID
}

fn from_first(points: &mut [Point]) {
    let left = points.iter().map(|p| p.x).min().unwrap_or(0);
    let top = points.iter().map(|p| p.y).min().unwrap_or(0);
    for point in points {
        *point = Point { x: point.x - left + FIRST.x, y: point.y - top + FIRST.y };
    }
}

/// One machine, or a few peers (masters of each other, a pair with a heartbeat) that stand together.
struct Block {
    members: Vec<usize>,
    /// Column and row of each member within the block; rows may be halves.
    cells: Vec<(usize, f64)>,
    columns: usize,
    rows: usize,
    layer: usize,
    /// Blocks of one zone stand in one band, so that the zones' boxes do not overlap.
    band: usize,
}

impl Block {
    fn new(members: Vec<usize>, band: usize, tied: &dyn Fn(usize, usize) -> bool) -> Block {
        let n = members.len();
        let columns = (1..).find(|c| c * c >= n).unwrap_or(1).min(if n == 2 { 1 } else { n });
        let rows = n.div_ceil(columns);
        let mut members = members;
        if n == 4 {
            // Of the ways to stand in a square, the one whose sides are the lines and whose diagonals are not.
            let diagonals = |m: &[usize]| usize::from(tied(m[0], m[3])) + usize::from(tied(m[1], m[2]));
            let ways = [[0, 1, 2, 3], [0, 1, 3, 2], [0, 2, 3, 1]].map(|way| way.map(|i| members[i]));
            members = ways.into_iter().min_by_key(|way| diagonals(way)).map_or(members, Vec::from);
        }
        let mut cells: Vec<(usize, f64)> = (0..n).map(|i| (i % columns, (i / columns) as f64)).collect();
        if n == 3 {
            cells = vec![(0, 0.0), (0, 1.0), (1, 0.5)];
        }
        Block { members, cells, columns, rows, layer: 0, band }
    }

    /// The members for two columns.
    fn around(&self) -> Vec<usize> {
        self.members.clone()
    }
}

/// The blocks with their layers, and the lines between them.
struct Plan {
    blocks: Vec<Block>,
    /// Asker and asked, original and copy.
    edges: Vec<(usize, usize)>,
    /// Lines with no direction, and those within a layer.
    ties: Vec<(usize, usize)>,
    /// Users that stand above the one machine that they ask.
    above: Vec<(usize, usize)>,
    layers: usize,
    bands: usize,
}

impl Plan {
    fn new(document: &Document) -> Plan {
        let index = |name: &str| document.machines.iter().position(|m| m.name == name);
        let links: Vec<(usize, Wire, usize)> = document
            .links
            .iter()
            .filter_map(|l| Some((index(&l.from)?, l.wire, index(&l.to)?)))
            .filter(|(from, _, to)| from != to)
            .collect();
        let band = |machine: usize| {
            let zone = document.machines[machine].zone.as_ref()?;
            document.zones.iter().position(|z| z.name == *zone)
        };
        let bands: Vec<usize> = (0..document.machines.len()).map(|m| band(m).map_or(0, |b| b + 1)).collect();
        let peers = |wire: Wire| matches!(wire, Wire::Mirrors | Wire::Heartbeat);
        let together: Vec<(usize, usize)> = links
            .iter()
            .filter(|(from, wire, to)| peers(*wire) && bands[*from] == bands[*to])
            .map(|(from, _, to)| (*from, *to))
            .collect();
        let tied = |a: usize, b: usize| together.contains(&(a, b)) || together.contains(&(b, a));
        let mut block_of: Vec<Option<usize>> = vec![None; document.machines.len()];
        let mut blocks: Vec<Block> = Vec::new();
        for first in 0..document.machines.len() {
            if block_of[first].is_some() {
                continue;
            }
            let mut members = vec![first];
            block_of[first] = Some(blocks.len());
            let mut next = 0;
            while let Some(&member) = members.get(next) {
                for &(a, b) in &together {
                    for other in [(a, b), (b, a)].into_iter().filter(|(x, _)| *x == member).map(|(_, y)| y) {
                        if block_of[other].is_none() {
                            block_of[other] = Some(blocks.len());
                            members.push(other);
                        }
                    }
                }
                next += 1;
            }
            members.sort_unstable();
            blocks.push(Block::new(members, bands[first], &tied));
        }
        let block = |machine: usize| block_of[machine].expect("every machine is in a block");
        let mut edges = Vec::new();
        let mut ties = Vec::new();
        for (from, wire, to) in &links {
            let pair = (block(*from), block(*to));
            if pair.0 != pair.1 {
                if peers(*wire) { ties.push(pair) } else { edges.push(pair) }
            }
        }
        let mut plan =
            Plan { blocks, edges, ties, above: Vec::new(), layers: 0, bands: document.zones.len() + 1 };
        plan.layer();
        plan.place_sources(document);
        plan.layers = plan.blocks.iter().map(|b| b.layer + 1).max().unwrap_or(0);
        plan
    }

    /// Each block one layer behind the furthest of those who ask it. Lines that close a circle do not count.
    fn layer(&mut self) {
        let n = self.blocks.len();
        let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); n];
        self.edges.iter().for_each(|(a, b)| outgoing[*a].push(*b));
        let asked: Vec<bool> = (0..n).map(|b| self.edges.iter().any(|e| e.1 == b)).collect();
        // Depth first, those first whom nobody asks: the reverse of the order of leaving is topological.
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
            Done,
        }
        let mut marks = vec![Mark::New; n];
        let mut left = Vec::with_capacity(n);
        let mut forward: Vec<(usize, usize)> = Vec::new();
        for start in (0..n).filter(|b| !asked[*b]).chain((0..n).filter(|b| asked[*b])) {
            let mut path = vec![(start, 0)];
            if marks[start] != Mark::New {
                continue;
            }
            marks[start] = Mark::Open;
            while let Some((at, next)) = path.last_mut() {
                let at = *at;
                let Some(&to) = outgoing[at].get(*next) else {
                    marks[at] = Mark::Done;
                    left.push(at);
                    path.pop();
                    continue;
                };
                *next += 1;
                if marks[to] != Mark::Open {
                    forward.push((at, to));
                }
                if marks[to] == Mark::New {
                    marks[to] = Mark::Open;
                    path.push((to, 0));
                }
            }
        }
        let mut after: Vec<Vec<usize>> = vec![Vec::new(); n];
        forward.iter().for_each(|(a, b)| after[*a].push(*b));
        for at in left.into_iter().rev() {
            for to in &after[at] {
                self.blocks[*to].layer = self.blocks[*to].layer.max(self.blocks[at].layer + 1);
            }
        }
    }

    /// Whom nobody asks stands next to those whom he asks, not at the far left.
    fn place_sources(&mut self, document: &Document) {
        for source in 0..self.blocks.len() {
            if self.edges.iter().any(|e| e.1 == source) {
                continue;
            }
            let mut targets: Vec<usize> = self.edges.iter().filter(|e| e.0 == source).map(|e| e.1).collect();
            targets.sort_unstable();
            targets.dedup();
            let Some(nearest) = targets.iter().map(|t| self.blocks[*t].layer).min() else { continue };
            let sender = self.blocks[source]
                .members
                .iter()
                .all(|m| document.machines[*m].kind.info().shelf == Shelf::Sends);
            let others_ask = |target: usize| self.edges.iter().any(|e| e.1 == target && e.0 != source);
            if let ([target], true) = (&targets[..], sender && nearest >= 2)
                && others_ask(*target)
            {
                self.blocks[source].layer = nearest;
                self.above.push((source, *target));
            } else {
                self.blocks[source].layer = nearest.saturating_sub(1);
            }
        }
    }

    /// The middle of each block from top to bottom, in pixels.
    fn rows(&self) -> Vec<f64> {
        let mut ys = vec![0.0; self.blocks.len()];
        let mut top = 0.0;
        for band in 0..self.bands {
            let members: Vec<usize> =
                (0..self.blocks.len()).filter(|b| self.blocks[*b].band == band).collect();
            if members.is_empty() {
                continue;
            }
            let mut layers: Vec<Vec<usize>> = vec![Vec::new(); self.layers];
            members.iter().for_each(|b| layers[self.blocks[*b].layer].push(*b));
            let height = |b: usize| self.blocks[b].rows as f64 * STEP.y as f64;
            let tallest =
                layers.iter().map(|l| l.iter().map(|b| height(*b)).sum::<f64>()).fold(0.0, f64::max);
            for layer in &layers {
                let mut y = top + (tallest - layer.iter().map(|b| height(*b)).sum::<f64>()) / 2.0;
                for block in layer {
                    ys[*block] = y + height(*block) / 2.0;
                    y += height(*block);
                }
            }
            self.relax(&mut layers, &mut ys, top, top + tallest);
            top += tallest + ZONE_GAP;
        }
        ys
    }

    /// Draws each block to the middle of its neighbours, from left to right and back, keeping the blocks of a layer
    /// apart and within the band.
    fn relax(&self, layers: &mut [Vec<usize>], ys: &mut [f64], top: f64, bottom: f64) {
        const SWEEPS: usize = 8;
        let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); self.blocks.len()];
        for (a, b) in self.edges.iter().chain(&self.ties) {
            neighbours[*a].push(*b);
            neighbours[*b].push(*a);
        }
        for sweep in 0..=SWEEPS {
            let rightwards = sweep % 2 == 0;
            let order: Vec<usize> =
                if rightwards { (0..layers.len()).collect() } else { (0..layers.len()).rev().collect() };
            for index in order {
                let layer = &mut layers[index];
                let mut wishes: Vec<(usize, f64)> = layer.iter().map(|b| (*b, ys[*b])).collect();
                for (block, wish) in &mut wishes {
                    let on_side = |other: usize| {
                        let there = self.blocks[other].layer;
                        sweep == SWEEPS && there != index
                            || if rightwards { there < index } else { there > index }
                    };
                    let near: Vec<f64> =
                        neighbours[*block].iter().filter(|o| on_side(**o)).map(|o| ys[*o]).collect();
                    if !near.is_empty() {
                        *wish = near.iter().sum::<f64>() / near.len() as f64;
                    }
                }
                for (source, target) in &self.above {
                    let under = wishes.iter().find(|w| w.0 == *target).map(|w| w.1);
                    if let (Some(wish), Some(y)) = (wishes.iter_mut().find(|w| w.0 == *source), under) {
                        wish.1 = y - STEP.y as f64;
                    }
                }
                if sweep < SWEEPS {
                    wishes.sort_by(|a, b| a.1.total_cmp(&b.1));
                }
                *layer = wishes.iter().map(|w| w.0).collect();
                self.spread(&wishes, ys, top, bottom);
            }
        }
    }

    /// Gives the blocks of one layer, in this order, the places nearest to their wishes at which they stand apart
    /// (least squares: neighbours in each other's way are pooled, as in isotonic regression).
    fn spread(&self, wishes: &[(usize, f64)], ys: &mut [f64], top: f64, bottom: f64) {
        let half = |b: usize| self.blocks[b].rows as f64 * STEP.y as f64 / 2.0;
        let mut offsets = Vec::with_capacity(wishes.len());
        let mut at = 0.0;
        for (block, _) in wishes {
            at += half(*block);
            offsets.push(at);
            at += half(*block);
        }
        let mut pools: Vec<(f64, usize)> = Vec::new();
        for ((_, wish), offset) in wishes.iter().zip(&offsets) {
            let mut pool = (wish - offset, 1);
            while let Some(last) = pools.pop_if(|last| last.0 > pool.0) {
                let count = last.1 + pool.1;
                pool = ((last.0 * last.1 as f64 + pool.0 * pool.1 as f64) / count as f64, count);
            }
            pools.push(pool);
        }
        let bases = pools.into_iter().flat_map(|(base, count)| std::iter::repeat_n(base, count));
        for (((block, _), offset), base) in wishes.iter().zip(&offsets).zip(bases) {
            ys[*block] = base.clamp(top, (bottom - at).max(top)) + offset;
        }
    }
}

#[cfg(test)]
mod tests;
