//! Machines and disks that fail and are repaired: how long they are up together, and when a disk array loses data. An hour
//! of a table is a second of a run where nothing else on the board takes time. It may not know how boards are run.

use super::plan::{Batches, Board, Effort, Family, Plan, Published, RELATIVE, Report};
use super::table::{Row, Trouble};
use crate::stdx::Duration;

pub const FAMILIES: &[Family] = &[
    Family { id: "availability_algebra", plan: algebra, quick: (3, 0.1) },
    Family { id: "failover_availability", plan: failover, quick: (3, 0.05) },
    Family { id: "nines", plan: nines, quick: (2, 1.0) },
    Family { id: "raid", plan: raid, quick: (2, 0.1) },
];

/// Of unavailability, as the tables say.
const NEAR: f64 = 0.1;
/// The longest run that is made, in failures: more of them than this for one outage are too rare to be met.
const PATIENCE: f64 = 2e5;
/// Outages (or losses of data) of a batch: enough for its mean to be one.
const OUTAGES: f64 = 100.0;
const YEAR: f64 = 365.25 * 86_400.0;

/// Share of the time in which these users could not be served.
fn down(users: &'static str, board: usize) -> impl Fn(&[Report]) -> f64 + Send + Sync {
    move |runs| runs[board].service(users, "downtime_per_year_s") / YEAR
}

fn mttf(users: &'static str, board: usize) -> impl Fn(&[Report]) -> f64 + Send + Sync {
    move |runs| runs[board].service(users, "mttf_s")
}

/// Compares what is left to 1 of a published availability.
fn compare_down(plan: &mut Plan, row: &Row, field: &str, read: impl Fn(&[Report]) -> f64 + Send + Sync + 'static) -> Result<(), Trouble> {
    let published = 1.0 - row.within(field, 0.0, 1.0)?;
    plan.check(&format!("1 − {field}"), Published::Relative(published, NEAR), read);
    Ok(())
}

/// A board that lasts so many hours, in which so many machines fail.
fn board(text: String, hours: f64, mttf: f64, machines: f64, effort: Effort) -> Board {
    let hours = hours * effort.0;
    Board::lasting(text, Duration::from_secs_f64(hours), 4.0 * machines * hours / mttf)
}

fn algebra(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let mttf_h = row.within("mttf", 1e-3, 1e7)?;
    let mttr_h = row.within("mttr", 1e-6, mttf_h)?;
    let fails = format!("mttf={}ns mttr={}ns", nanos(mttf_h), nanos(mttr_h));
    let mut plan = Plan { batches: Batches::AsNeeded { least: 10, most: 200 }, ..Plan::default() };

    // One, two and three in a row, and two of three, in one run: they fail often.
    let rows = format!(
        "users one rate=0/s\nusers two rate=0/s\nusers three rate=0/s\nusers most rate=0/s\n\
         app-server a {fails}\none -> a\n\
         app-server b {fails}\napp-server c {fails}\ntwo -> b -> c\n\
         app-server d {fails}\napp-server e {fails}\napp-server f {fails}\nthree -> d -> e -> f\n\
         zone dc repair-crews=1\nload-balancer lb health=none needed=2\napp-server g in dc clones=3 {fails}\nmost -> lb -> g\n"
    );
    let two_of_three = mttf_h * mttf_h / mttr_h;
    let hours = (OUTAGES * mttf_h).max(0.3 * OUTAGES * two_of_three);
    plan.boards.push(board(rows, hours, mttf_h, 9.0, effort));
    for (field, users) in [("single", "one"), ("series2", "two"), ("series3", "three")] {
        compare_down(&mut plan, row, field, down(users, 0))?;
    }
    plan.compare(row, "mttf_2of3", (RELATIVE, NEAR), mttf("most", 0))?;

    // Two beside each other, with a crew each and with one crew, and one with a cold spare.
    let pairs = format!(
        "users each rate=0/s\nusers hot rate=0/s\nusers cold rate=0/s\nzone x repair-crews=1\nzone y repair-crews=1\n\
         load-balancer p health=none\napp-server a clones=2 {fails}\neach -> p -> a\n\
         load-balancer q health=none\napp-server b in x clones=2 {fails}\nhot -> q -> b\n\
         app-server c in y spares=1 {fails}\ncold -> c\n"
    );
    plan.boards.push(board(pairs, OUTAGES * mttf_h * mttf_h / mttr_h, mttf_h, 5.0, effort));
    compare_down(&mut plan, row, "parallel2_independent_repair", down("each", 1))?;
    compare_down(&mut plan, row, "hot_pair_one_crew", down("hot", 1))?;
    compare_down(&mut plan, row, "cold_pair_one_crew", down("cold", 1))?;
    plan.compare(row, "mttf_hot_pair", (RELATIVE, NEAR), mttf("hot", 1))?;
    plan.compare(row, "mttf_cold_pair", (RELATIVE, NEAR), mttf("cold", 1))?;

    // Three beside each other: all of them are down only once in so many hours.
    let outage = mttf_h * mttf_h * mttf_h / (3.0 * mttr_h * mttr_h);
    let failures = 3.0 * outage / mttf_h;
    if failures > PATIENCE {
        let why = format!("all three are down once in {failures:.0} failures, and hundreds of such outages are needed");
        plan.unreachable.push(("parallel3".into(), why));
        return Ok(plan);
    }
    let three = format!("users u rate=0/s\nload-balancer lb health=none\napp-server a clones=3 {fails}\nu -> lb -> a\n");
    plan.boards.push(board(three, 0.2 * OUTAGES * outage, mttf_h, 3.0, effort));
    compare_down(&mut plan, row, "parallel3", down("u", 2))?;
    Ok(plan)
}

/// Hours of a table as nanoseconds of a run, in which they are seconds.
fn nanos(hours: f64) -> u64 {
    (hours * 1e9) as u64
}

/// Always one more spare than can be in repair: the formula knows no second failure during a repair.
const SPARES: u32 = 20;

fn failover(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let mttf = row.within("mttf_h", 0.01, 8766.0)? * 3600.0;
    let mttr = row.within("mttr_min", 0.01, 60.0 * 24.0)? * 60.0;
    let (takeover, coverage) = (row.within("D_s", 0.0, 86_400.0)?, row.within("coverage", 0.0, 1.0)?);
    let text = format!(
        "users u rate=0/s\napp-server a mttf={}ns mttr={}ns spares={SPARES} takeover={}ns coverage={}%\nu -> a\n",
        nanos(mttf),
        nanos(mttr),
        nanos(takeover),
        coverage * 100.0
    );
    let mut plan = Plan { batches: Batches::AsNeeded { least: 10, most: 200 }, ..Plan::default() };
    // As long as simulated time reaches, at most.
    let seconds = (3000.0 * mttf * effort.0).min(1.7e10);
    plan.boards.push(Board::lasting(text, Duration::from_secs_f64(seconds), 4.0 * seconds / mttf));
    compare_down(&mut plan, row, "availability", down("u", 0))?;
    Ok(plan)
}

/// A planned outage at the end of a run takes exactly what the availability leaves.
fn nines(row: &Row, _: Effort) -> Result<Plan, Trouble> {
    const WHOLE: f64 = 1e6;
    let up = row.within("availability", 0.0, 1.0)? * WHOLE;
    let text = format!("users u rate=0/s\napp-server a\nu -> a\nat {}ns crash a\n", (up * 1e9).round() as u64);
    let mut plan = Plan { batches: Batches::Exactly(1), ..Plan::default() };
    plan.boards.push(Board::lasting(text, Duration::from_secs_f64(WHOLE), 1e4));
    for (field, way) in [("per_year_s", "downtime_per_year_s"), ("per_30d_s", "downtime_per_30d_s")] {
        plan.compare(row, field, (RELATIVE, 1e-9), move |runs| runs[0].service("u", way))?;
    }
    Ok(plan)
}

fn raid(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let words = row.text("level")?;
    let (data, group, check) = (row.count("data_disks", 1, 1000)?, row.count("G", 1, 1000)?, row.count("C", 1, 1000)?);
    let level = match words.split(' ').nth(1) {
        Some("1") if group == 1 => "raid1",
        Some("10") if group == 1 && check == 1 => "raid10",
        Some("3/4/5" | "3" | "4" | "5") if check == 1 => "raid5",
        // Level 2 has more check disks, to find out which disk it was; still only one may be lost.
        Some("2") => "raid5",
        _ => return Err(row.trouble(format!("“{words}” with G = {group} and C = {check} is no level that is known."))),
    };
    if level == "raid1" && check != 1 || data % group != 0 {
        return Err(row.trouble(format!("{data} data disks in groups of {group} with {check} more are no array.")));
    }
    let (disk, mttr) = (row.within("disk_mttf_h", 0.01, 1e7)?, row.within("mttr_h", 1e-4, 1e5)?);
    let size = group + check;
    let disks = data / group * size;
    let text = format!(
        "users u rate=0/s\napp-server a sessions=central\nu -> a -> array\n\
         disk-array array level={level} disks={disks} group={size} disk-mttf={}ns rebuild=exp({}ns) replace=0s\n",
        nanos(disk),
        nanos(mttr)
    );
    // A disk fails so often, and another of its group before it is rebuilt.
    let loss = disk * disk / (disks as f64 * (size - 1) as f64 * mttr);
    let hours = OUTAGES * loss * effort.0;
    let mut plan = Plan { batches: Batches::AsNeeded { least: 10, most: 200 }, ..Plan::default() };
    let failures = disks as f64 * hours / disk;
    plan.boards.push(Board::lasting(text, Duration::from_secs_f64(hours), 2.0 * failures));
    for field in ["mttf_h", "published_h"].into_iter().filter(|field| row.has(field)) {
        plan.compare(row, field, (RELATIVE, NEAR), |runs| runs[0].of("array", "mean_time_to_data_loss_s"))?;
    }
    Ok(plan)
}
