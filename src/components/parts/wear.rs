//! What can be set on every machine and every line about failing by itself: how long it lasts, how long its repair
//! takes, and what stands ready in its place. It may not know who lets it fail.

use crate::components::parameter::Domain;
use crate::stdx::Duration;

const AGE: Duration = Duration::from_secs(100 * 365 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);

crate::choice! {
    /// What a machine that fails by itself looks like from outside.
    pub enum Failing {
        Host = "host", "Host", "The whole machine is gone: who calls it meets silence.";
        Process = "process", "Process", "Only the process dies: who calls it is refused at once.";
    }
}

crate::parameters! {
    /// What can be set on every machine besides its own settings.
    pub struct WearSettings {
        mttf: Duration = Duration::ZERO, Domain::Time { least: Duration::ZERO, most: AGE }, Advanced, "Mean time to failure", "It fails by itself after so long on average, whatever its age (exponential); 0s: never. Servers last years: 2 to 4 % fail in a year (Vishwanath and Nagappan, 2010).";
        mttr: Duration = Duration::from_secs(3600), Domain::Time { least: Duration::ZERO, most: AGE }, Advanced, "Mean time to repair", "Work to bring it back when it has failed by itself (exponential). Where its zone has few repair crews it waits for one first.";
        failing: Failing = Failing::Host, Domain::Choice(Failing::WORDS), Advanced, "Fails as", "What a machine that fails by itself looks like from outside.";
        spares: u32 = 0, Domain::Count { least: 0, most: 100, unit: "spares" }, Advanced, "Cold spares", "Equal machines that lie ready, switched off, and take its place with its disks when it fails by itself. They do not age.";
        takeover: Duration = Duration::ZERO, Domain::Time { least: Duration::ZERO, most: DAY }, Advanced, "Takeover", "From the failure until a cold spare stands in its place: noticing it, and switching.";
        coverage: f64 = 1.0, Domain::Share, Advanced, "Coverage", "Share of the failures at which the takeover works; else it stays down until the repair (Bouricius, Carter and Schneider, 1969).";
    }
}

crate::parameters! {
    /// What can be set on every line besides its own settings.
    pub struct LineWear {
        mttf: Duration = Duration::ZERO, Domain::Time { least: Duration::ZERO, most: AGE }, Advanced, "Mean time to failure", "It is cut by itself after so long on average, whatever its age (exponential); 0s: never.";
        mttr: Duration = Duration::from_secs(3600), Domain::Time { least: Duration::ZERO, most: AGE }, Advanced, "Mean time to repair", "Work to join it again (exponential).";
    }
}
