//! Lists the catalogue's spec files and plots: a new file is found by its folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("catalogue");
    let (mut specs, mut plots) = (String::new(), String::new());
    for family in sorted(&root) {
        for file in with_ending(&family, "loss") {
            let row = format!(
                "SpecFile {{ family: {:?}, name: {:?}, text: include_str!({:?}) }},",
                stem(&family),
                stem(&file),
                file.display().to_string()
            );
            writeln!(specs, "{row}").expect("writing to a string");
        }
        for file in with_ending(&family.join("plots"), "svg") {
            let row = format!("({:?}, include_str!({:?})),", stem(&file), file.display().to_string());
            writeln!(plots, "{row}").expect("writing to a string");
        }
    }
    write("catalogue_files.rs", &specs);
    write("catalogue_plots.rs", &plots);
}

fn write(name: &str, rows: &str) {
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join(name);
    fs::write(out, format!("&[\n{rows}]\n")).expect("the output folder is writable");
}

fn stem(path: &Path) -> String {
    path.file_stem().expect("a file or a folder").to_string_lossy().into_owned()
}

fn with_ending(folder: &Path, ending: &str) -> Vec<PathBuf> {
    sorted(folder).into_iter().filter(|f| f.extension().is_some_and(|e| e == ending)).collect()
}

/// What a folder holds; nothing if it does not exist. Cargo is told to look at all of it.
fn sorted(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    paths.iter().for_each(|path| println!("cargo:rerun-if-changed={}", path.display()));
    paths
}
