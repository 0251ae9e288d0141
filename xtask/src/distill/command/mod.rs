//! The commands that read pages, of which `distill` and `drift` are here: `run` reads them and has the rest done in its order. `task` is what
//! goes in and comes out, `books` holds the specs of the APIs, `add` puts a page into them, `follow`
//! and `compare` are what `refresh` and `drift` do otherwise, `finish` makes specs pass, and `console`
//! shows the outcome.

mod add;
mod books;
mod compare;
pub mod console;
mod definitions;
pub mod distill;
pub mod drift;
mod finish;
mod follow;
pub mod run;
pub mod task;
pub mod writing;
