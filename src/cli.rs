//! The command line: the same boards and the same runs, without a screen. It exists on the host only, and it may not
//! know the page or the editor.

mod open;

use clap::Parser;
use std::process::ExitCode;

/// `module::Name;`: one file and one line a subcommand. The file has a `clap::Args` of this name with a
/// `run(self) -> Result<ExitCode, Failure>`.
macro_rules! subcommands {
    ($($module:ident :: $name:ident;)+) => {
        $(pub mod $module;)+

        #[derive(clap::Subcommand)]
        enum Command { $($name($module::$name)),+ }

        impl Command {
            fn run(self) -> Result<ExitCode, Failure> {
                match self { $(Command::$name(command) => command.run()),+ }
            }
        }
    };
}

subcommands! {
    run::Run;
    lessons::Lessons;
    format::Format;
    judge::Judge;
    sweep::Sweep;
    breaking::Break;
    validate::Validate;
}

/// A playground for scalable systems: boards are run, judged and swept here as in the page.
///
/// FILE is a board in the notation or in JSON, `-` for standard input, the name of an example, or a shared link.
#[derive(Parser)]
#[command(name = "tradeoff", version)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

/// Why a command could not do what was asked, ready to be read.
pub struct Failure(String);

/// Does what the command line asks. 0: done; 2: the command, the file or the board is not right; other codes are the
/// subcommands' own.
pub fn main() -> ExitCode {
    match Line::parse().command.run() {
        Ok(code) => code,
        Err(Failure(message)) => {
            eprintln!("{}", message.trim_end());
            ExitCode::from(2)
        }
    }
}

/// How a command says what came of it.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Report {
    Text,
    Json,
}

/// Writes to standard output. That nobody reads on (`| head`) is no failure.
fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
