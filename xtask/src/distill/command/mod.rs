//! The commands `distill` and `drift`, and what all commands that read pages share: `task` is what goes
//! in and comes out, `run` reads the pages, `books` holds the specs and `definitions` the facts of the
//! vendor's own tools, `add` puts a page into the specs, `follow` and `compare` are the rules of `refresh`
//! and `drift`, `finish` and `writing` make specs pass and fill in sentences, and `terminal` shows the
//! outcome.

mod add;
mod books;
mod compare;
mod definitions;
pub mod distill;
pub mod drift;
mod finish;
mod follow;
pub mod run;
pub mod task;
pub mod terminal;
pub mod writing;
