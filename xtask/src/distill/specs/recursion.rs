//! Objects inside of objects of their own type, which pages unroll as deep as they like.

use super::route;
use crate::distill::read::facts::{Param, Ty};

/// An object that is being drafted, and the name of its type.
#[derive(Debug)]
pub struct Above {
    pub name: String,
    pub param: Param,
}

/// Finds the innermost of the objects above whose type this object is of too.
pub fn find<'a>(above: &'a [Above], param: &Param, is_answer: bool) -> Option<&'a Above> {
    // One that always holds another one never ends.
    let is_endless = param.required == Some(true) && param.ty == Ty::Object && !is_answer;
    let mut above = above.iter().rev().filter(|_| !is_endless);
    above.find(|above| is_again(&above.param, param, is_answer))
}

fn is_again(outer: &Param, inner: &Param, is_answer: bool) -> bool {
    let has_name = match (&outer.model, &inner.model) {
        (Some(outer), Some(inner)) if outer != inner => return false,
        (Some(_), Some(_)) => true,
        _ => route::type_name(&outer.name) == route::type_name(&inner.name),
    };
    if inner.fields.is_empty() {
        return inner.model.is_some() && inner.model == outer.model;
    }
    if !is_part(inner, outer, is_answer) {
        return false;
    }
    let mut missing = outer.fields.iter().filter(|field| of(inner, &field.name).is_none());
    match has_name {
        // The innermost one lacks the field that would continue.
        true if is_answer => inner.fields.len() * 2 >= outer.fields.len(),
        true => missing.all(|field| !field.fields.is_empty()),
        // Under another name, it has to be whole and continue itself.
        false => {
            missing.next().is_none() && inner.fields.len() > 1 && of(inner, &inner.name).is_some()
        }
    }
}

fn of<'a>(param: &'a Param, name: &str) -> Option<&'a Param> {
    param.fields.iter().find(|field| field.name == name)
}

/// Whether one object has nothing that the other has not.
fn is_part(inner: &Param, outer: &Param, is_answer: bool) -> bool {
    inner.fields.iter().all(|field| {
        let Some(known) = of(outer, &field.name) else { return false };
        let values = |field: &Param| -> Vec<String> {
            field.values.iter().map(|value| value.value.clone()).collect()
        };
        // A sample does not show the contents of an empty list.
        let is_open = [field, known].iter().any(|field| match field.ty.element() {
            Ty::Json => is_answer,
            ty => *ty == Ty::Unknown,
        });
        (field.ty == known.ty || is_open)
            && (is_answer || field.required == known.required)
            && values(field) == values(known)
            && is_part(field, known, is_answer)
    })
}
