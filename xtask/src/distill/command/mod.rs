//! The commands `distill` and `drift`: `run` has everything done, `console` shows what came of it.

pub mod console;
mod definitions;
pub mod run;
pub mod writing;
