//! x
#[path = "../../../src/runtime"]
pub mod runtime {
    pub mod kernel;
    #[cfg(test)]
    mod fused {
        mod dense;
    }
}
