//! Mistakes through the real compiler: the place and the words of a diagnostic survive it, and a broken definition
//! causes no other errors. `TRYBUILD=overwrite` rewrites the expectations.

/// The compiler whose output the expectations were written from; another one words and lays out its own part otherwise.
const WRITTEN_WITH: &str = "rustc 1.95.";

#[test]
fn mistakes_are_reported_at_their_place() {
    let version = std::process::Command::new("rustc").arg("--version").output().expect("rustc runs");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    if !version.starts_with(WRITTEN_WITH) {
        println!("skipped: written with {WRITTEN_WITH}x, this is {version}");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
