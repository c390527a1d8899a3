//! What can be set on a disk array, and what each level makes of its disks. It may not know what is kept on them.

use crate::components::parameter::Domain;
use crate::components::parts::size::Size;
use crate::stdx::{Distribution, Duration};

crate::choice! {
    /// How the disks work together (Patterson, Gibson and Katz, SIGMOD 1988).
    pub enum Level {
        Raid0 = "raid0", "RAID 0", "Striped: all the capacity and all the speed; one lost disk and everything is gone.";
        Raid1 = "raid1", "RAID 1", "Mirrored: every disk of a group holds the same; the last one must not be lost.";
        Raid5 = "raid5", "RAID 5", "One disk's worth of parity: one may be lost; a small write reads and writes twice.";
        Raid6 = "raid6", "RAID 6", "Two disks' worth of parity: two may be lost; a small write reads and writes three times.";
        Raid10 = "raid10", "RAID 10", "Striped over mirrored pairs: one of each pair may be lost.";
    }
}

crate::choice! {
    /// How servers reach it.
    pub enum Attachment {
        Local = "local", "Local", "In the server itself or on its own cable (SAS, NVMe): 5 µs each way.";
        FibreChannel = "fibre-channel", "Fibre Channel", "A storage network of its own, shared by many servers: 50 µs each way.";
        Iscsi = "iscsi", "iSCSI", "Over the Ethernet that is there: 250 µs each way.";
        Database = "database", "In a database", "Files are rows of a database server, and every access is a query of it: 1 ms each way.";
    }
}

const YEAR: Duration = Duration::from_secs(31_536_000);
const AGE: Duration = Duration::from_secs(100 * 31_536_000);
/// "SSD random read, 150 µs": the latency numbers of Dean and Norvig.
const ACCESS: Distribution = Distribution::Fixed(Duration::from_micros(150));
/// 4 TB at 140 MB/s.
const REBUILD: Distribution = Distribution::Fixed(Duration::from_secs(8 * 3600));

crate::parameters! {
    /// What can be set on a disk array.
    pub struct Settings {
        level: Level = Level::Raid5, Domain::Choice(Level::WORDS), Basic, "Level", "How the disks work together.";
        size: Size = Size::S, Domain::Choice(Size::WORDS), Basic, "Size", "Class of the disks and their controller: an access of the time below is that of S, and higher ones divide it.";
        disks: u32 = 4, Domain::Count { least: 1, most: 1000, unit: "disks" }, Basic, "Disks", "All of them, those for parity and mirrors counted.";
        group: u32 = 0, Domain::Count { least: 0, most: 1000, unit: "disks" }, Advanced, "Disks a group", "So many make one mirror or share one parity, and are striped with the other groups; 0: pairs for RAID 10, else all. What fills no group is spare.";
        spare_disks: u32 = 0, Domain::Count { least: 0, most: 100, unit: "disks" }, Basic, "Hot spares", "Disks that lie ready in the array: a rebuild begins at once.";
        disk_mttf: Duration = Duration::ZERO, Domain::Time { least: Duration::ZERO, most: AGE }, Basic, "Mean time to a disk's failure", "Of each disk by itself (exponential); 0s: never. 30,000 h in 1988; of today's 1 to 2 % fail in a year.";
        rebuild: Distribution = REBUILD, Domain::Times { most: YEAR }, Basic, "Rebuild", "Work to fill a new disk. 8 h: 4 TB at 140 MB/s.";
        replace: Duration = Duration::from_secs(86_400), Domain::Time { least: Duration::ZERO, most: YEAR }, Advanced, "Replacement", "Until somebody has brought a new disk, where there is no spare.";
        rebuild_share: f64 = 0.3, Domain::Share, Advanced, "Rebuild's share", "Of the disks' time while a rebuild goes on: everything else is slower by it (Linux md lets it have what others leave, hardware controllers 30%).";
        access: Distribution = ACCESS, Domain::Times { most: Duration::from_secs(10) }, Basic, "Access", "Of one disk. 150 µs: a solid-state disk; a magnetic one of 7,200 turns a minute takes 12 ms.";
        capacity: f64 = 4.0, Domain::Number { least: 0.001, most: 1000.0, unit: "TB" }, Advanced, "Capacity of a disk", "The level decides how much of all is left for data.";
        attachment: Attachment = Attachment::Local, Domain::Choice(Attachment::WORDS), Basic, "Attachment", "How servers reach it: the latency of lines to it that say none of their own.";
        room: u32 = 1024, Domain::Count { least: 0, most: 1_000_000, unit: "accesses" }, Advanced, "Waiting line", "Accesses that may wait for a disk; what comes beyond is refused.";
    }
}

/// What the disks of an array are to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    pub groups: u32,
    /// Disks a group, and how many of them may be lost.
    pub size: u32,
    pub tolerates: u32,
    /// Disks that lie ready.
    pub spares: u32,
}

impl Settings {
    /// A server's controller, an iSCSI head and a Fibre Channel array with its switches, spread over three years, and
    /// 400 $ a disk over as long: to the order of magnitude.
    pub fn price_per_hour(&self) -> f64 {
        let head = match self.attachment {
            Attachment::Local => 0.02,
            Attachment::Iscsi => 0.1,
            // The server that keeps the rows: a database of size S.
            Attachment::Database => 0.171,
            Attachment::FibreChannel => 0.4,
        };
        (head + 0.015 * (self.disks + self.spare_disks) as f64) * self.size.price()
    }

    pub fn layout(&self) -> Layout {
        let size = match (self.group, self.level) {
            (0, Level::Raid10) => 2,
            (0, _) => self.disks,
            (group, _) => group,
        };
        let size = size.clamp(1, self.disks);
        let groups = self.disks / size;
        let tolerates = match self.level {
            Level::Raid0 => 0,
            Level::Raid1 | Level::Raid10 => size - 1,
            Level::Raid5 => 1,
            Level::Raid6 => 2,
        };
        let spares = self.spare_disks + self.disks % size;
        Layout { groups, size, tolerates: tolerates.min(size - 1), spares }
    }

    /// What is left for data, in gigabytes.
    pub fn usable_gb(&self) -> u64 {
        let Layout { groups, size, tolerates, .. } = self.layout();
        (groups as f64 * (size - tolerates) as f64 * self.capacity * 1000.0) as u64
    }

    /// One way to it, where the line says nothing.
    pub fn latency(&self) -> Duration {
        match self.attachment {
            Attachment::Local => Duration::from_micros(5),
            Attachment::FibreChannel => Duration::from_micros(50),
            Attachment::Iscsi => Duration::from_micros(250),
            Attachment::Database => Duration::from_millis(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attachment_is_slower_than_the_one_before() {
        let of = |attachment| Settings { attachment, ..Settings::default() }.latency();
        let all = [Attachment::Local, Attachment::FibreChannel, Attachment::Iscsi, Attachment::Database];
        assert!(all.map(of).is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn each_level_has_its_price_in_disks() {
        let of = |level, disks, group| {
            let s = Settings { level, disks, group, ..Settings::default() };
            let Layout { groups, size, tolerates, spares } = s.layout();
            (groups, size, tolerates, spares, s.usable_gb() / 4000)
        };
        assert_eq!(of(Level::Raid0, 4, 0), (1, 4, 0, 0, 4));
        assert_eq!(of(Level::Raid1, 2, 0), (1, 2, 1, 0, 1));
        assert_eq!(of(Level::Raid1, 200, 2), (100, 2, 1, 0, 100));
        assert_eq!(of(Level::Raid5, 4, 0), (1, 4, 1, 0, 3));
        assert_eq!(of(Level::Raid5, 110, 11), (10, 11, 1, 0, 100));
        assert_eq!(of(Level::Raid6, 8, 0), (1, 8, 2, 0, 6));
        assert_eq!(of(Level::Raid10, 7, 0), (3, 2, 1, 1, 3));
        assert_eq!(of(Level::Raid5, 1, 0), (1, 1, 0, 0, 1));
    }
}
