//! How a program ends.

use std::error::Error;
use std::fs::OpenOptions;
use std::path::Path;
use std::process::ExitCode;

/// Why a program ends early. It may come from a thread.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Makes sure that a file can be written, before the time is spent on the runs.
pub fn claim(path: &Path) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let made = std::fs::create_dir_all(folder)
        .and_then(|()| OpenOptions::new().create(true).append(true).open(path));
    made.map(drop).map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

/// Prints the error, if there is one, as the command line prints its own.
pub fn exit_code(outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
