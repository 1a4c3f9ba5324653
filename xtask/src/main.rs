//! `cargo xtask …`: the one list of commands of this project, for the desk and for CI alike.
//!
//! It installs what a command lacks, shows what takes long, reuses what is there, and says in one line what it
//! cannot do. It knows paths, tools and processes, and nothing of the product's insides.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to its user")]

mod bench;
mod binary;
mod ci;
mod compress;
mod debian;
mod dist;
mod failure;
mod first_load;
mod machine;
mod packages;
mod paths;
mod programs;
mod prove;
mod run;
mod stamp;
mod step;
mod tally;
mod test;
mod told;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  run [-- ARGS]        build everything and start the map on http://127.0.0.1:8080; ARGS go to `talaia serve`
  build                build dist/ and the release binary, start nothing
  test [GROUP…]        every test, or groups of: unit story browser services realdata
  bench [ROW…]         benchmark rows beside their peers: a table, and target/bench/ROW.json
  prove [NAME]         the long proofs at full size; results in docs/proofs/NAME.json
  ci                   what CI runs
  tools                install what the other commands need, and say where it is

Tools are kept in ${TALAIA_TOOLS:-${XDG_CACHE_HOME:-~/.cache}/talaia/tools}.";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let done = match command.as_str() {
        "run" => run::run(&rest),
        "build" => binary::release().map(|binary| println!("{}", binary.display())),
        "test" => test::test(&rest),
        "bench" => bench::bench(&rest),
        "prove" => prove::prove(&rest),
        "ci" => ci::ci(&rest),
        "tools" => tools::all(),
        "-h" | "--help" | "help" => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => Err(failure::Failure::usage(USAGE)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.code())
        }
    }
}
