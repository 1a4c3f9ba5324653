//! `cargo xtask run`: a working map on the exercise.

use std::env;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::{binary, paths};

/// What `run` sets unless the caller does, as a flag, a variable or (but for the exercise) in a config file.
const DEFAULTS: [(&str, &str, &str); 3] = [
    ("--exercise", "TALAIA_EXERCISE", "barcelona-storm"),
    ("--data-dir", "TALAIA_DATA_DIR", "./var"),
    ("--listen", "TALAIA_LISTEN", "127.0.0.1:8080"),
];

/// Builds everything and becomes the server.
pub(crate) fn run(rest: &[String]) -> Outcome<()> {
    let args = match rest.split_first() {
        None => &[][..],
        Some((first, after)) if first == "--" => after,
        Some(_) => rest,
    };
    let binary = binary::release()?;
    let line = serve_args(args, |name| env::var(name).ok().filter(|value| !value.is_empty()));
    let data_dir = value_of(&line, "--data-dir").or_else(|| env::var("TALAIA_DATA_DIR").ok());
    let listen = value_of(&line, "--listen").or_else(|| env::var("TALAIA_LISTEN").ok());
    let data_dir = data_dir.unwrap_or_else(|| "the data folder".to_owned());
    println!();
    println!("▸ talaia {}", line.join(" "));
    if let Some(listen) = listen {
        println!("  look at   http://{listen}");
    }
    println!("  sign in   as admin; the password is in {data_dir}/first-sign-in");
    println!("  stop      Ctrl-C");
    println!();
    become_server(Command::new(&binary).args(&line).current_dir(paths::root()))
}

/// The arguments of the server: the caller's, and ours where the caller says nothing.
fn serve_args(args: &[String], variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut line = vec!["serve".to_owned()];
    let has_file = value_of(args, "--config").is_some() || variable("TALAIA_CONFIG").is_some();
    for (flag, name, value) in DEFAULTS {
        let said = value_of(args, flag).is_some() || variable(name).is_some();
        if !said && (flag == "--exercise" || !has_file) {
            line.extend([flag.to_owned(), value.to_owned()]);
        }
    }
    line.extend(args.iter().cloned());
    line
}

/// The value of `--flag value` or `--flag=value`.
fn value_of(args: &[String], flag: &str) -> Option<String> {
    args.iter().enumerate().find_map(|(at, arg)| {
        if arg == flag {
            args.get(at + 1).cloned()
        } else {
            arg.strip_prefix(flag)?.strip_prefix('=').map(str::to_owned)
        }
    })
}

/// The server takes this process over, so that Ctrl-C and the exit code are its own.
#[cfg(unix)]
fn become_server(command: &mut Command) -> Outcome<()> {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    Err(Failure::new(format!("{}: {error}", command.get_program().to_string_lossy())))
}

#[cfg(not(unix))]
fn become_server(command: &mut Command) -> Outcome<()> {
    crate::step::quiet(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn without_arguments_the_exercise_runs_on_the_local_port() {
        let line = serve_args(&[], |_| None);
        assert_eq!(
            line,
            words("serve --exercise barcelona-storm --data-dir ./var --listen 127.0.0.1:8080")
        );
    }

    #[test]
    fn what_the_caller_says_is_said_once() {
        let line = serve_args(&words("--listen=127.0.0.1:9 --exercise off"), |_| None);
        assert_eq!(line, words("serve --data-dir ./var --listen=127.0.0.1:9 --exercise off"));
    }

    #[test]
    fn a_variable_wins_over_our_defaults() {
        let line =
            serve_args(&[], |name| (name == "TALAIA_DATA_DIR").then(|| "/srv/talaia".to_owned()));
        assert_eq!(line, words("serve --exercise barcelona-storm --listen 127.0.0.1:8080"));
    }

    #[test]
    fn a_config_file_decides_place_and_port() {
        let line = serve_args(&words("--config talaia.toml"), |_| None);
        assert_eq!(line, words("serve --exercise barcelona-storm --config talaia.toml"));
    }
}
