//! Any text that is a sequence of tokens expands to something without a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proc_macro2::TokenStream;

fuzz_target!(|text: &str| {
    if let Ok(tokens) = text.parse::<TokenStream>() {
        let _ = loss_core::expand(tokens);
    }
});
