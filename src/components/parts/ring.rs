//! Consistent hashing (Karger et al. 1997): members own arcs of a ring, so that one more member takes over only its own
//! share. It may not know what the members are.

use crate::stdx::hash;

/// Points per member: as libketama has them.
pub const POINTS: u32 = 160;

/// Members by the arcs that end at their points.
#[derive(Clone, Debug, Default)]
pub struct Ring {
    points: Vec<(u64, u32)>,
}

impl Ring {
    /// Of members with a stable name each: who comes and goes does not move the others' points.
    pub fn new(members: impl Iterator<Item = (u64, u32)>) -> Ring {
        Ring::with_points(members, POINTS)
    }

    /// With so many points a member: more make the shares more even.
    pub fn with_points(members: impl Iterator<Item = (u64, u32)>, each: u32) -> Ring {
        let mut points: Vec<(u64, u32)> = members
            .flat_map(|(name, member)| (0..each).map(move |i| (hash::fold(name, i as u64), member)))
            .collect();
        points.sort_unstable();
        Ring { points }
    }

    /// Each point's member and the share of the ring that ends at it.
    pub fn shares(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        let before = self.points.iter().cycle().skip(self.points.len().saturating_sub(1));
        self.points.iter().zip(before).map(|((point, member), (before, _))| {
            match point.wrapping_sub(*before) {
                // The only point has it all.
                0 => (*member, 1.0),
                arc => (*member, arc as f64 / u64::MAX as f64),
            }
        })
    }

    /// Who owns the key: the member of the first point at or after it. None when there is nobody.
    pub fn owner(&self, key: u64) -> Option<u32> {
        let at = self.points.partition_point(|(point, _)| *point < key);
        self.points.get(at).or(self.points.first()).map(|(_, member)| *member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_member_moves_its_own_share_and_nothing_else() {
        for n in [2u32, 3, 5, 10] {
            let ring = |n: u32| Ring::new((0..n).map(|i| (hash::mix(i as u64), i)));
            let (before, after) = (ring(n), ring(n + 1));
            let keys = 20_000;
            let mut moved = 0;
            for key in (0..keys).map(hash::mix) {
                let (from, to) = (before.owner(key), after.owner(key));
                assert!(from == to || to == Some(n), "a key moved between old members");
                moved += (from != to) as u32;
            }
            let share = moved as f64 / keys as f64 * (n + 1) as f64;
            assert!((0.7..1.3).contains(&share), "{n}: {share} of the fair share moved");
        }
        assert_eq!(Ring::default().owner(1), None);
    }

    #[test]
    fn the_shares_are_all_of_the_ring_and_more_points_make_them_even() {
        for (points, least, most) in [(1, 0.0, 1.0), (160, 0.14, 0.27), (2000, 0.18, 0.22)] {
            let ring = Ring::with_points((0..5).map(|i| (hash::mix(i), i as u32)), points);
            let mut shares = [0.0; 5];
            ring.shares().for_each(|(member, share)| shares[member as usize] += share);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{shares:?}");
            assert!(shares.iter().all(|s| (least..=most).contains(s)), "{points} points: {shares:?}");
        }
        let alone: Vec<(u32, f64)> = Ring::with_points([(9, 3)].into_iter(), 1).shares().collect();
        assert_eq!(alone, [(3, 1.0)]);
    }
}
