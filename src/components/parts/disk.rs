//! The disk under a machine, as far as its state goes: well, full, or lost. It may not know what is on it.

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Disk {
    #[default]
    Well,
    /// What is there can be read; nothing more is written.
    Full,
    /// Nothing can be read or written until the machine is started again.
    Lost,
}

impl Disk {
    /// A disk that is lost has nothing left to fill.
    pub fn fill(&mut self) {
        if *self == Disk::Well {
            *self = Disk::Full;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Disk;

    #[test]
    fn only_a_disk_that_is_well_is_filled() {
        for (before, after) in [(Disk::Well, Disk::Full), (Disk::Full, Disk::Full), (Disk::Lost, Disk::Lost)]
        {
            let mut disk = before;
            disk.fill();
            assert_eq!(disk, after);
        }
    }
}
