//! The catalogue's spec files: the library of losses, written in the language itself.

mod aliases;
mod citation;
mod example;
pub mod page;
pub mod pick;
pub mod plot;

pub use aliases::aliases;

use crate::compile::Compiled;
use crate::diag::Errors;
use crate::syntax::ast::{Def, File};
use proc_macro2::TokenStream;
use quote::quote;

/// One spec file.
#[derive(Clone, Copy, Debug)]
pub struct SpecFile {
    /// The family: the name of its folder.
    pub family: &'static str,
    /// The file's name without ending.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Every spec file, by family and name.
pub const FILES: &[SpecFile] = include!(concat!(env!("OUT_DIR"), "/catalogue_files.rs"));

/// The plots of losses by name; `UPDATE_DOCS=1 cargo test -p loss-core --test reference` draws them.
pub const PLOTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/catalogue_plots.rs"));

/// The families, each once.
pub fn families() -> Vec<&'static str> {
    let mut families: Vec<&str> = FILES.iter().map(|f| f.family).collect();
    families.dedup();
    families
}

impl SpecFile {
    /// Its tokens; a spec file is valid, which a test proves.
    pub fn tokens(&self) -> TokenStream {
        self.text.parse().unwrap_or_default()
    }

    /// Its tree.
    pub fn parse(&self) -> File {
        crate::syntax::parse(self.tokens(), &mut Errors::new())
    }
}

/// All spec files of a family as one invocation.
pub fn family_tokens(family: &str) -> TokenStream {
    FILES.iter().filter(|f| f.family == family).map(SpecFile::tokens).collect()
}

/// The definition of that name.
pub fn find(name: &str) -> Option<Def> {
    find_in(name, SpecFile::parse)
}

/// The same in files that are parsed in a way of one's own. Only files that mention the name are parsed.
fn find_in(name: &str, parse: fn(&SpecFile) -> File) -> Option<Def> {
    let mentions = FILES.iter().filter(|f| f.text.contains(name));
    mentions.flat_map(|f| parse(f).defs).find(|d| d.name == name)
}

/// The names of all definitions, read off the text: a line that begins with `pub Name`.
pub fn names() -> Vec<String> {
    let lines = FILES.iter().flat_map(|f| f.text.lines());
    let name = |line: &str| {
        let rest = line.strip_prefix("pub ")?;
        let end = rest.find(|c: char| !c.is_alphanumeric())?;
        Some(rest[..end].to_owned())
    };
    lines.filter_map(name).collect()
}

/// What the documentation of a catalogue loss shows besides its own words: aliases, a plot and an example.
pub fn shown(compiled: &Compiled, family: &str) -> TokenStream {
    let (aliases, example) = (aliases(&compiled.def), example::example(compiled, family));
    let plot = PLOTS.iter().find(|(name, _)| compiled.def.name == name).map(|(_, svg)| {
        let text = format!("# Plot\n\nThe loss and, dashed, its derivative.\n\n{svg}\n");
        quote!(#[cfg_attr(doc, doc = #text)])
    });
    quote!(#aliases #[cfg_attr(doc, doc = #example)] #plot)
}
