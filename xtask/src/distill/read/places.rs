//! Rows, and places in the tree of fields that they become.

use super::facts::{Param, Ty};
use super::json::{Json, JsonKind};

/// Deeper than any page goes, and shallow enough for every recursion over fields.
pub(super) const MAX_DEPTH: usize = 24;

/// A row with the width of what stands before its name.
#[derive(Debug)]
pub(super) struct Flat {
    pub(super) indent: usize,
    pub(super) param: Param,
}

/// A place in the tree: the index at each level.
pub(super) type Place = Vec<usize>;

pub(super) fn insert(tree: &mut Vec<Param>, parent: &[usize], param: Param) -> Place {
    let mut level = tree;
    for index in parent {
        level = &mut level[*index].fields;
    }
    level.push(param);
    let mut place = parent.to_vec();
    place.push(level.len() - 1);
    place
}

pub(super) fn at<'a>(tree: &'a [Param], place: &[usize]) -> Option<&'a Param> {
    let (last, parents) = place.split_last()?;
    let mut level = tree;
    for index in parents {
        level = &level.get(*index)?.fields;
    }
    level.get(*last)
}

/// Whether the rows below can be fields of this one by its type: lists of scalars have none.
pub(super) fn opens(param: &Param) -> bool {
    match &param.ty {
        Ty::Object => true,
        Ty::List(of) => matches!(**of, Ty::Object | Ty::Unknown),
        _ => false,
    }
}

/// Whether they can be if a sample shows it: the page gives no type, or one that is also the name
/// of an object type.
pub(super) fn may_open(param: &Param) -> bool {
    param.ty.holds_fields() || param.model.is_some()
}

/// The first object in a sample, also in lists.
pub(super) fn object(sample: &Json) -> Option<&Json> {
    match &sample.kind {
        JsonKind::Object(_) => Some(sample),
        JsonKind::Array(items) => items.iter().find_map(object),
        _ => None,
    }
}

pub(super) fn is_empty(sample: &Json) -> bool {
    match &sample.kind {
        JsonKind::Null => true,
        JsonKind::Array(items) => items.is_empty(),
        JsonKind::Object(entries) => entries.is_empty(),
        _ => false,
    }
}
