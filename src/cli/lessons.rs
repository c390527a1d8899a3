//! `tradeoff lessons`: the course, and the machine's proof of it.

use super::{FINE, Failure, NOT_SO, Shell};
use crate::lessons::course;
use crate::lessons::prove::{self, Claim};
use rayon::prelude::*;

/// List the lessons; with --prove, show by machine that each can be solved, and only as it says.
#[derive(clap::Args)]
pub struct Lessons {
    /// Run every starting board, solution, wrong fix and prediction. Exits with 1 if any claim fails.
    #[arg(long)]
    prove: bool,
    /// Only this lesson.
    number: Option<u32>,
}

impl Lessons {
    pub fn run(self, shell: &mut Shell) -> Result<u8, Failure> {
        let chosen: Vec<&course::Lesson> =
            course::lessons().iter().filter(|l| self.number.is_none_or(|n| n == l.number)).collect();
        if chosen.is_empty() {
            return Err(Failure("There is no such lesson: `tradeoff lessons` lists them.".into()));
        }
        if !self.prove {
            for lesson in chosen {
                let chapter = course::CHAPTERS[lesson.chapter as usize - 1];
                shell.print(&format!(
                    "{:>3}  {:<40} {} · {} min · {} steps\n",
                    lesson.number,
                    lesson.title,
                    chapter,
                    lesson.minutes,
                    lesson.steps.len()
                ));
            }
            return Ok(FINE);
        }
        let claims: Vec<Claim> = chosen.into_par_iter().flat_map_iter(prove::lesson).collect();
        for claim in &claims {
            let mark = if claim.shown { "shown" } else { "FAILS" };
            shell.print(&format!("{mark}  {:>3} {}: {}\n             {}\n", claim.lesson, claim.step, claim.claim, claim.found));
        }
        let failed = claims.iter().filter(|c| !c.shown).count();
        shell.print(&format!("{} claims, {} shown, {failed} fail\n", claims.len(), claims.len() - failed));
        Ok(if failed == 0 { FINE } else { NOT_SO })
    }
}
