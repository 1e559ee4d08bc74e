//! Lists the catalogue's spec files: a new file is found by its folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("catalogue");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut rows = String::new();
    for family in sorted(&root) {
        println!("cargo:rerun-if-changed={}", family.display());
        for file in sorted(&family).into_iter().filter(|f| f.extension().is_some_and(|e| e == "loss")) {
            println!("cargo:rerun-if-changed={}", file.display());
            let (family, stem) = (family.file_name().expect("a folder"), file.file_stem().expect("a file"));
            writeln!(
                rows,
                "SpecFile {{ family: {:?}, name: {:?}, text: include_str!({:?}) }},",
                family.to_string_lossy(),
                stem.to_string_lossy(),
                file.display().to_string()
            )
            .expect("writing to a string");
        }
    }
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("catalogue_files.rs");
    fs::write(out, format!("&[\n{rows}]\n")).expect("the output folder is writable");
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    paths
}
