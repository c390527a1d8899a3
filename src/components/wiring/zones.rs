//! What can be set on a zone (a data centre, a region), and what that makes of a line that leaves it. It may not know
//! which machines stand in it.

use crate::components::parameter::{Domain, Read, Setting, Settings};
use crate::sim::LinkPlan;
use crate::stdx::Duration;

crate::choice! {
    /// Where on earth a zone lies.
    pub enum Region {
        Anywhere = "anywhere", "Anywhere", "No place in particular: only its own latency counts.";
        Virginia = "virginia", "Virginia", "US East, Northern Virginia.";
        California = "california", "California", "US West, Northern California.";
        Oregon = "oregon", "Oregon", "US West, Oregon.";
        Ireland = "ireland", "Ireland", "EU, Ireland.";
        Frankfurt = "frankfurt", "Frankfurt", "EU, Frankfurt.";
        Tokyo = "tokyo", "Tokyo", "Asia Pacific, Tokyo.";
        Seoul = "seoul", "Seoul", "Asia Pacific, Seoul.";
        Singapore = "singapore", "Singapore", "Asia Pacific, Singapore.";
        Sydney = "sydney", "Sydney", "Asia Pacific, Sydney.";
        SaoPaulo = "sao-paulo", "São Paulo", "South America, São Paulo.";
    }
}

crate::parameters! {
    /// What can be set on a zone.
    pub struct ZoneSettings {
        region: Region = Region::Anywhere, Domain::Choice(Region::WORDS), Basic, "Region", "A line between zones of two regions takes half the round trip that was measured between Amazon's regions (2017) besides its own latency; between two zones of one region 0.5 ms.";
        latency: Duration = Duration::ZERO, Domain::Time { least: Duration::ZERO, most: Duration::from_secs(60) }, Basic, "Latency outside", "Added one way to every line that leaves the zone.";
        loss: f64 = 0.0, Domain::Share, Advanced, "Loss outside", "Share of packets lost on every line that leaves the zone, besides the line's own loss.";
        bandwidth: f64 = 0.0, Domain::Number { least: 0.0, most: 1e6, unit: "Mbit/s" }, Advanced, "Bandwidth outside", "Megabits a second each way on every line that leaves the zone; 0 is as much as wanted.";
        repair_crews: u32 = 0, Domain::Count { least: 0, most: 1000, unit: "crews" }, Advanced, "Repair crews", "How many machines and lines within it can be repaired at the same time, in the order of their failures; 0: as many as have failed.";
    }
}

/// Round trips between Amazon's regions in milliseconds, averages measured in 2017, in the order of the regions: each row
/// holds those to the regions behind it.
const ROUND_TRIPS: [&[u64]; 9] = [
    &[72, 87, 81, 89, 145, 178, 217, 230, 120],
    &[19, 153, 167, 103, 132, 174, 158, 193],
    &[137, 160, 89, 118, 161, 162, 183],
    &[20, 212, 242, 239, 310, 191],
    &[237, 266, 326, 323, 195],
    &[31, 74, 104, 257],
    &[72, 134, 286],
    &[175, 328],
    &[323],
];

/// One way between two data centres (availability zones) of one region: half of about 1 ms.
const NEXT_DOOR: Duration = Duration::from_micros(500);

impl Region {
    /// One way to another zone, in this region or in the other.
    pub fn to(self, other: Region) -> Duration {
        let (near, far) = (self.min(other) as usize, self.max(other) as usize);
        match (near, far) {
            (0, _) => Duration::ZERO,
            (a, b) if a == b => NEXT_DOOR,
            (a, b) => Duration::from_micros(ROUND_TRIPS[a - 1][b - a - 1] * 500),
        }
    }
}

impl Region {
    /// The region of that name, if it is one.
    pub fn named(word: &str) -> Option<Region> {
        <Region as Read>::read(&Setting::Text(word.to_string()))
    }
}

/// Makes the plan of a line that of one between two zones. None: the machine there stands in no zone.
pub fn apart(plan: &mut LinkPlan, one: Option<&Settings>, other: Option<&Settings>) {
    let [one, other] = [one, other].map(|s| s.map(ZoneSettings::read));
    if let (Some(one), Some(other)) = (&one, &other) {
        plan.distance = plan.distance + one.region.to(other.region);
    }
    for zone in [one, other].into_iter().flatten() {
        plan.distance = plan.distance + zone.latency;
        plan.loss = 1.0 - (1.0 - plan.loss) * (1.0 - zone.loss);
        if zone.bandwidth > 0.0 {
            let bytes = zone.bandwidth * 1e6 / 8.0;
            plan.bandwidth = Some(plan.bandwidth.map_or(bytes, |own| own.min(bytes)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_two_regions_are_apart_and_the_way_back_is_as_long() {
        let word = |i: usize| Region::WORDS[i].name;
        let of = |i: usize| {
            let setting = crate::components::parameter::Setting::Text(word(i).into());
            <Region as crate::components::parameter::Read>::read(&setting).unwrap()
        };
        for a in 1..Region::WORDS.len() {
            for b in 1..Region::WORDS.len() {
                let way = of(a).to(of(b));
                assert_eq!(way, of(b).to(of(a)));
                assert!(way >= NEXT_DOOR && (a == b) == (way == NEXT_DOOR), "{} {}", word(a), word(b));
            }
            assert_eq!(of(0).to(of(a)), Duration::ZERO);
        }
        assert_eq!(Region::Frankfurt.to(Region::Ireland), Duration::from_millis(10));
        assert_eq!(Region::SaoPaulo.to(Region::Sydney), Duration::from_micros(161_500));
        assert_eq!(Region::Seoul.to(Region::Virginia), Duration::from_millis(89));
    }
}
