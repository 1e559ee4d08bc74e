//! Mistakes of the caller are errors of the type system, and readable ones. `TRYBUILD=overwrite` rewrites the
//! expectations.

/// The compiler whose output the expectations were written from; another one words and lays out its own part otherwise.
const WRITTEN_WITH: &str = "rustc 1.95.";

#[test]
fn callers_mistakes_are_type_errors() {
    let version = std::process::Command::new("rustc").arg("--version").output().expect("rustc runs");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    if !version.starts_with(WRITTEN_WITH) {
        println!("skipped: written with {WRITTEN_WITH}x, this is {version}");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/cases/*.rs");
}
