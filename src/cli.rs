//! The command line: the same boards and the same runs, without a screen. It exists on the host only, and it may not
//! know the page or the editor.

mod open;
mod shell;

use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

pub use shell::Shell;

/// `module::Name;`: one file and one line a subcommand. The file has a `clap::Args` of this name with a
/// `run(self, &mut Shell) -> Result<u8, Failure>`: the code for the caller.
macro_rules! subcommands {
    ($($module:ident :: $name:ident;)+) => {
        $(pub mod $module;)+

        #[derive(clap::Subcommand)]
        enum Command { $($name($module::$name)),+ }

        impl Command {
            fn run(self, shell: &mut Shell) -> Result<u8, Failure> {
                match self { $(Command::$name(command) => command.run(shell)),+ }
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

/// Done, and nothing to complain about.
const FINE: u8 = 0;
/// Done, and what was asked for is not so: not linearizable, a promise broken, a claim not shown.
const NOT_SO: u8 = 1;
/// The command, the file or the board is not right.
const NOT_RIGHT: u8 = 2;

/// Does what the process's command line asks, in its own streams. 0: done; 2: the command, the file or the board is not
/// right; other codes are the subcommands' own.
pub fn main() -> ExitCode {
    // Ends the process by itself, in the terminal's colours, when the command is not right or asks for help.
    let line = Line::parse();
    let (mut input, mut out, mut errors) =
        (std::io::stdin().lock(), std::io::stdout().lock(), std::io::stderr());
    let mut shell = Shell { input: &mut input, out: &mut out, errors: &mut errors, bars: true };
    ExitCode::from(carry_out(line, &mut shell))
}

/// The same for any command line (its first word is the program's name) and any streams.
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>, shell: &mut Shell) -> u8 {
    match Line::try_parse_from(arguments) {
        Ok(line) => carry_out(line, shell),
        Err(error) => {
            let text = error.render().to_string();
            if error.use_stderr() {
                shell.warn(&text)
            } else {
                shell.print(&text)
            }
            error.exit_code() as u8
        }
    }
}

fn carry_out(line: Line, shell: &mut Shell) -> u8 {
    match line.command.run(shell) {
        Ok(code) => code,
        Err(Failure(message)) => {
            shell.warn(&format!("{}\n", message.trim_end()));
            NOT_RIGHT
        }
    }
}

/// How a command says what came of it.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Report {
    Text,
    Json,
}
