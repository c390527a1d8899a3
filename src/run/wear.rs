//! What fails by itself: when each machine and each line fails and comes back, drawn from a stream of its own, who
//! repairs it, and what stands ready in its place. It may not know any component, and carries nothing out itself.

use crate::sim::{LinkId, NodeId};
use crate::stdx::{Distribution, Duration, Instant, Random};
use std::collections::{BTreeMap, VecDeque};

/// Whatever can fail by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    Node(NodeId),
    Link(LinkId),
}

/// How it fails and how it is repaired.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// Mean time to failure and mean work of a repair, both exponential.
    pub mttf: Duration,
    pub mttr: Duration,
    /// The whole host falls silent; else only the process dies. Means nothing to a line.
    pub host: bool,
    /// Cold ones that lie ready, how long one takes to stand in its place, and how often that works.
    pub spares: u32,
    pub takeover: Duration,
    pub coverage: f64,
    /// Whose repair crews it has to wait for; None: there is always one.
    pub zone: Option<String>,
}

/// What happens to it now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Fails { part: Part, host: bool },
    Returns { part: Part },
}

#[derive(Clone, Debug)]
struct Unit {
    part: Part,
    plan: Plan,
    random: Random,
    /// Something stands in its place and works.
    up: bool,
    /// A spare is on its way into its place.
    switching: bool,
    /// Pieces that wait for their repair or are in it.
    broken: u32,
    failures: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Fails,
    TakesOver,
    Repaired,
}

/// Those who repair in one zone.
#[derive(Clone, Default, Debug)]
struct Crews {
    count: u32,
    busy: u32,
    waiting: VecDeque<usize>,
}

/// No failure rate is higher than this, so that time goes on.
const LEAST: Duration = Duration::from_millis(1);

#[derive(Clone, Default, Debug)]
pub struct Wear {
    units: Vec<Unit>,
    crews: BTreeMap<String, Crews>,
    /// By instant, ties in the order in which they were planned.
    dues: BTreeMap<(Instant, u64), (usize, What)>,
    planned: u64,
}

impl Wear {
    /// When something happens next.
    pub fn next(&self) -> Option<Instant> {
        self.dues.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next change that is due by now.
    pub fn take(&mut self, now: Instant) -> Option<Change> {
        loop {
            let entry = self.dues.first_entry().filter(|e| e.key().0 <= now)?;
            let ((at, _), (unit, what)) = entry.remove_entry();
            let part = self.units[unit].part;
            match what {
                What::Fails => {
                    self.fail(unit, at);
                    return Some(Change::Fails { part, host: self.units[unit].plan.host });
                }
                What::TakesOver => {
                    self.units[unit].switching = false;
                    self.stand(unit, at);
                    return Some(Change::Returns { part });
                }
                What::Repaired => {
                    self.release(unit, at);
                    let u = &mut self.units[unit];
                    u.broken = u.broken.saturating_sub(1);
                    if !u.up && !u.switching {
                        self.stand(unit, at);
                        return Some(Change::Returns { part });
                    }
                }
            }
        }
    }

    fn plan(&mut self, at: Instant, unit: usize, what: What) {
        self.planned += 1;
        self.dues.insert((at, self.planned), (unit, what));
    }

    fn fail(&mut self, unit: usize, now: Instant) {
        let u = &mut self.units[unit];
        u.up = false;
        u.broken += 1;
        u.failures += 1;
        let (spare, takeover) = (u.broken <= u.plan.spares, u.plan.takeover);
        u.switching = spare && u.random.chance(u.plan.coverage);
        if u.switching {
            self.plan(now + takeover, unit, What::TakesOver);
        }
        match self.crews_of(unit) {
            Some(crews) if crews.busy >= crews.count => crews.waiting.push_back(unit),
            _ => self.repair(unit, now),
        }
    }

    fn crews_of(&mut self, unit: usize) -> Option<&mut Crews> {
        let zone = self.units[unit].plan.zone.as_ref()?;
        self.crews.get_mut(zone)
    }

    fn repair(&mut self, unit: usize, now: Instant) {
        if let Some(crews) = self.crews_of(unit) {
            crews.busy += 1;
        }
        let u = &mut self.units[unit];
        let takes = Distribution::Exponential(u.plan.mttr).sample(&mut u.random);
        self.plan(now + takes, unit, What::Repaired);
    }

    /// A crew is free: it goes to whoever has waited longest.
    fn release(&mut self, unit: usize, now: Instant) {
        let Some(crews) = self.crews_of(unit) else { return };
        crews.busy = crews.busy.saturating_sub(1);
        if crews.busy < crews.count
            && let Some(next) = crews.waiting.pop_front()
        {
            self.repair(next, now);
        }
    }

    /// It works from now on, until it fails.
    fn stand(&mut self, unit: usize, now: Instant) {
        let u = &mut self.units[unit];
        u.up = true;
        let lasts = Distribution::Exponential(u.plan.mttf.max(LEAST)).sample(&mut u.random);
        self.plan(now + lasts, unit, What::Fails);
    }

    /// Somebody has laid hands on the board: who is down by that does not age, and who was brought back needs no repair.
    pub fn observe(&mut self, now: Instant, up: impl Fn(Part) -> bool) {
        for unit in 0..self.units.len() {
            let is = up(self.units[unit].part);
            match (self.units[unit].up, is) {
                (true, false) => {
                    self.units[unit].up = false;
                    self.dues.retain(|_, due| *due != (unit, What::Fails));
                }
                (false, true) => {
                    self.forget(unit, now);
                    self.stand(unit, now);
                }
                _ => {}
            }
        }
    }

    /// Whatever was planned for it, and its repairs, are void.
    fn forget(&mut self, unit: usize, now: Instant) {
        let repairs = self.dues.values().filter(|due| **due == (unit, What::Repaired)).count();
        self.dues.retain(|_, due| due.0 != unit);
        if let Some(crews) = self.crews_of(unit) {
            crews.waiting.retain(|waiting| *waiting != unit);
        }
        (0..repairs).for_each(|_| self.release(unit, now));
        (self.units[unit].broken, self.units[unit].switching) = (0, false);
    }

    /// The drawing says from now on that these can fail, each with the name of its stream, and that so many crews
    /// repair in these zones. Whoever could before and is drawn as before goes on as before.
    pub fn draw(&mut self, parts: Vec<(Part, u64, Plan)>, crews: &[(String, u32)], seed: u64, now: Instant) {
        let before = std::mem::take(self);
        self.planned = before.planned;
        let same = crews.len() == before.crews.len()
            && crews.iter().all(|(zone, count)| before.crews.get(zone).is_some_and(|c| c.count == *count));
        let new = |(zone, count): &(String, u32)| (zone.clone(), Crews { count: *count, ..Crews::default() });
        self.crews = crews.iter().map(new).collect();
        let mut places: BTreeMap<usize, usize> = BTreeMap::new();
        let mut fresh = Vec::new();
        for (part, name, plan) in parts {
            let old = before.units.iter().position(|u| u.part == part);
            let unit = self.units.len();
            self.units.push(match old {
                Some(old) => Unit { plan: plan.clone(), ..before.units[old].clone() },
                None => Unit {
                    part,
                    plan: plan.clone(),
                    random: Random::stream(seed, name),
                    up: true,
                    switching: false,
                    broken: 0,
                    failures: 0,
                },
            });
            match old {
                Some(old) if same && before.units[old].plan == plan => _ = places.insert(old, unit),
                _ => fresh.push(unit),
            }
        }
        for (key, (old, what)) in before.dues {
            if let Some(unit) = places.get(&old) {
                self.dues.insert(key, (*unit, what));
                if what == What::Repaired
                    && let Some(crews) = self.crews_of(*unit)
                {
                    crews.busy += 1;
                }
            }
        }
        for (zone, crews) in before.crews {
            if let Some(now) = self.crews.get_mut(&zone) {
                now.waiting = crews.waiting.iter().filter_map(|old| places.get(old).copied()).collect();
            }
        }
        for unit in fresh {
            // Exponential times have no memory: drawing anew is as good as going on.
            let (up, broken) = (self.units[unit].up, std::mem::take(&mut self.units[unit].broken));
            self.units[unit].switching = false;
            if up {
                self.stand(unit, now);
            }
            for _ in 0..broken {
                self.units[unit].broken += 1;
                match self.crews_of(unit) {
                    Some(crews) if crews.busy >= crews.count => crews.waiting.push_back(unit),
                    _ => self.repair(unit, now),
                }
            }
        }
    }

    /// Whether nothing is broken, spares included.
    pub fn whole(&self) -> bool {
        self.units.iter().all(|u| u.up && u.broken == 0)
    }

    /// How often it has failed by itself; None: it cannot.
    pub fn failures(&self, part: Part) -> Option<u64> {
        self.units.iter().find(|u| u.part == part).map(|u| u.failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(spares: u32, zone: Option<&str>) -> Plan {
        Plan {
            mttf: Duration::from_secs(1000),
            mttr: Duration::from_secs(100),
            host: true,
            spares,
            takeover: Duration::ZERO,
            coverage: 1.0,
            zone: zone.map(String::from),
        }
    }

    fn wear(parts: &[(u32, Plan)], crews: &[(String, u32)]) -> Wear {
        let mut wear = Wear::default();
        let parts = parts.iter().map(|(n, plan)| (Part::Node(NodeId(*n)), *n as u64, plan.clone()));
        wear.draw(parts.collect(), crews, 7, Instant::START);
        wear
    }

    /// Everything that happens within so many changes: second, machine, whether it returned.
    fn story(wear: &mut Wear, changes: usize) -> Vec<(u64, u32, bool)> {
        let mut story = Vec::new();
        while story.len() < changes {
            let at = wear.next().expect("something happens");
            while let Some(change) = wear.take(at) {
                let (part, back) = match change {
                    Change::Fails { part, .. } => (part, false),
                    Change::Returns { part } => (part, true),
                };
                let Part::Node(node) = part else { panic!("there are no lines") };
                story.push((at.0 / 1_000_000_000, node.0, back));
            }
        }
        story
    }

    #[test]
    fn one_more_machine_changes_nobody_elses_luck() {
        let alone = story(&mut wear(&[(1, plan(0, None))], &[]), 200);
        let both = story(&mut wear(&[(1, plan(0, None)), (2, plan(0, None))], &[]), 500);
        let of_one: Vec<_> = both.into_iter().filter(|(_, node, _)| *node == 1).collect();
        assert_eq!(alone[..100], of_one[..100]);
    }

    #[test]
    fn one_crew_repairs_one_machine_at_a_time() {
        let crews = [("dc".to_string(), 1)];
        let machines: Vec<(u32, Plan)> = (0..20).map(|n| (n, plan(0, Some("dc")))).collect();
        let mut wear = wear(&machines, &crews);
        for _ in 0..2_000 {
            let at = wear.next().unwrap();
            wear.take(at);
            let repairs = wear.dues.values().filter(|d| d.1 == What::Repaired).count();
            assert!(repairs <= 1 && wear.crews["dc"].busy as usize == repairs);
            let broken: u32 = wear.units.iter().map(|u| u.broken).sum();
            assert_eq!(broken as usize, repairs + wear.crews["dc"].waiting.len());
        }
    }

    #[test]
    fn a_spare_stands_in_at_once_and_two_failures_are_too_many_for_one() {
        let mut wear = wear(&[(1, plan(1, None))], &[]);
        let story = story(&mut wear, 4_000);
        let down: Vec<u64> =
            story.windows(2).filter(|w| !w[0].2 && w[1].2).map(|w| w[1].0 - w[0].0).collect();
        let at_once = down.iter().filter(|s| **s == 0).count() as f64 / down.len() as f64;
        // The second fails while the first is repaired with probability λ/(λ+μ) = 1/11.
        assert!((at_once - 10.0 / 11.0).abs() < 0.03, "{at_once}");
    }

    #[test]
    fn who_is_brought_back_by_hand_needs_no_repair_and_who_is_down_by_hand_does_not_age() {
        let crews = [("dc".to_string(), 1)];
        let mut wear = wear(&[(1, plan(0, Some("dc"))), (2, plan(0, Some("dc")))], &crews);
        let first = wear.next().unwrap();
        wear.take(first);
        assert!(!wear.whole());
        wear.observe(first, |_| true);
        assert!(wear.whole() && wear.crews["dc"].busy == 0);
        wear.observe(first, |_| false);
        assert_eq!(wear.next(), None);
        wear.observe(first, |part| part == Part::Node(NodeId(2)));
        assert_eq!(wear.dues.len(), 1);
    }

    #[test]
    fn an_edit_elsewhere_leaves_the_luck_alone() {
        let mut wear = wear(&[(1, plan(0, None)), (2, plan(0, None))], &[]);
        let mut edited = wear.clone();
        let parts =
            vec![(Part::Node(NodeId(2)), 2, plan(0, None)), (Part::Node(NodeId(3)), 3, plan(0, None))];
        edited.draw(parts, &[], 7, Instant(5));
        let of_two = |story: Vec<(u64, u32, bool)>| -> Vec<_> {
            story.into_iter().filter(|(_, node, _)| *node == 2).take(50).collect()
        };
        assert_eq!(of_two(story(&mut wear, 500)), of_two(story(&mut edited, 500)));
    }
}
