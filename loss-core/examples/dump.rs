//! Prints every stage of the definitions of a spec file: `cargo run -p loss-core --example dump -- FILE`.

use loss_core::{compile, dump};

fn main() {
    let Some(file) = std::env::args().nth(1) else {
        eprintln!("usage: dump FILE");
        std::process::exit(2);
    };
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| {
        eprintln!("cannot read `{file}`: {error}");
        std::process::exit(1);
    });
    let tokens = text.parse().unwrap_or_else(|error| {
        eprintln!("`{file}` does not consist of Rust tokens: {error}");
        std::process::exit(1);
    });
    let outcome = compile::compile(tokens);
    for diag in outcome.errors.iter() {
        eprintln!("error: {}", diag.text());
    }
    for compiled in &outcome.compiled {
        println!("{}", dump::stages(compiled));
    }
}
