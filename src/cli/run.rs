//! `tradeoff run`: runs a board to its end and says what came of it.

use super::open::open;
use super::{FINE, Failure, Report, Shell};
use crate::judge::export;
use crate::run::beside::Thread;
use crate::run::{Run as Simulation, report};
use crate::scenario::Document;
use crate::stdx::{Duration, Instant};

/// Run a board with its planned faults, and report what clients saw, what the machines did, and what is proven.
#[derive(clap::Args)]
pub struct Run {
    /// The board: notation or JSON, `-`, an example's name, or a link.
    file: String,
    /// How much simulated time, as in 60s or 10min; the board's own `until` when nothing is said.
    #[arg(long)]
    until: Option<Duration>,
    /// Another seed than the board's.
    #[arg(long)]
    seed: Option<u64>,
    /// So much simulated time at the begin is run and not counted in the report.
    #[arg(long, default_value = "0s")]
    warm_up: Duration,
    /// Also report which share of all waiting, service and sojourn times is at most this (JSON: `within_goal`).
    #[arg(long)]
    goal: Option<Duration>,
    /// As a page of text, or as JSON with documented fields (docs/report.md).
    #[arg(long, value_enum, default_value = "text")]
    report: Report,
    /// Write what clients asked and saw to this file, as `tradeoff judge` reads it.
    #[arg(long)]
    history: Option<String>,
    /// Draw the proof of every broken verdict as a space-time diagram.
    #[arg(long)]
    proofs: bool,
}

/// Events between two looks at the clock of the progress bar.
const SLICE: u64 = 200_000;

impl Run {
    pub fn run(self, shell: &mut Shell) -> Result<u8, Failure> {
        let mut document = open(&self.file, shell)?.runnable(shell)?;
        if let Some(seed) = self.seed {
            document.seed = seed;
        }
        let until = self.until.unwrap_or(document.until);
        let end = Instant::START + until;
        // In simulated milliseconds.
        let bar = shell
            .bar((end.0 / 1_000_000).max(1), "{percent}% of {msg}, about {eta} to go")
            .with_message(end.to_string());
        let run = match self.history {
            Some(_) => Simulation::recorded(&document),
            None => Simulation::new(&document),
        };
        // The judge takes about as long as the world: together they take as long as one, where there is room.
        let room = std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
        let run = if room { run.judged_at(Thread::place) } else { run };
        let run = go_through(run, self.warm_up, until, |run| bar.set_position(run.now().0 / 1_000_000));
        bar.finish_and_clear();
        match self.report {
            Report::Json => shell.print(&format!("{:#}\n", run.report_with(self.goal))),
            Report::Text => shell.print(&run.report_text()),
        }
        if let Some(name) = &self.history {
            let written = std::fs::File::create(name).and_then(|file| {
                let mut out = std::io::BufWriter::new(file);
                export::write(run.history(), &mut out)?;
                std::io::Write::flush(&mut out)
            });
            written.map_err(|error| Failure(format!("{name}: {error}")))?;
        }
        if self.proofs {
            shell.print(&report::proofs(run.state()));
        }
        Ok(FINE)
    }
}

/// Runs a board that has no problems for so long, and measures what comes after the warm-up. `look` sees it now and
/// then on its way.
pub fn carry_out(
    document: &Document,
    warm_up: Duration,
    until: Duration,
    look: impl FnMut(&Simulation),
) -> Simulation {
    go_through(Simulation::new(document), warm_up, until, look)
}

fn go_through(
    run: Simulation,
    warm_up: Duration,
    until: Duration,
    mut look: impl FnMut(&Simulation),
) -> Simulation {
    let mut run = run.onward();
    let mut go = |run: &mut Simulation, to: Duration| {
        while !run.advance_to(Instant::START + to, SLICE) {
            look(run);
        }
    };
    if !warm_up.is_zero() {
        go(&mut run, warm_up.min(until));
        run.measure();
    }
    go(&mut run, until);
    run
}
