//! Specs from facts: `draft` makes a spec of a page, `merge` puts it among those that are there,
//! `settle` leaves out what keeps them from passing, `layout` writes them.

pub mod book;
pub mod change;
pub mod codes;
pub mod draft;
pub mod drift;
pub mod fixups;
pub mod kin;
pub mod layout;
pub mod merge;
pub mod paging;
pub mod recursion;
pub mod route;
pub mod samples;
pub mod sentences;
pub mod settle;
