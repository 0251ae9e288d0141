//! The types of what a JSON sample shows.

use super::facts::{Param, Ty};
use super::json::{Json, JsonKind};
use super::maps;
use super::report::{RemarkKind, Report};

/// A field as samples of it show it. Its types are guesses, and nothing says so yet.
pub(super) fn shown(name: &str, samples: &[&Json]) -> Param {
    let ty = of_all(samples);
    let objects = if *ty.element() == Ty::Object { objects(samples) } else { Vec::new() };
    let (ty, fields) = match maps::are_keys_data(&objects) {
        true => {
            let values = maps::values(&objects);
            let Param { ty: value, fields, .. } = shown(name, &values);
            // One value says too little of the others.
            let is_known = values.len() > 1 || !fields.is_empty();
            (maps::of_values(ty, if is_known { value } else { Ty::Json }), fields)
        }
        false => (ty, fields(&objects)),
    };
    // An object of which nothing is known can hold anything.
    let ty = if fields.is_empty() { with_json(ty) } else { ty };
    Param {
        name: name.to_owned(),
        ty,
        fields,
        line: samples.first().map_or(0, |sample| sample.line),
        gloss: samples.iter().find_map(|sample| sample.comment.clone()).unwrap_or_default(),
        ..Param::default()
    }
}

/// Says that types of fields are guesses.
pub(super) fn remark(fields: &[Param], path: &str, report: &mut Report) {
    for field in fields {
        let path =
            if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
        report.add(
            RemarkKind::Sampled,
            field.line,
            format!("treating `{path}` as {}, as in the sample", field.ty),
        );
        remark(&field.fields, &path, report);
    }
}

/// The objects in samples, however deep in lists.
pub(super) fn objects<'a>(samples: &[&'a Json]) -> Vec<&'a Json> {
    let mut objects = Vec::new();
    for sample in samples {
        match &sample.kind {
            JsonKind::Object(_) => objects.push(*sample),
            JsonKind::Array(items) => {
                objects.extend(self::objects(&items.iter().collect::<Vec<_>>()))
            }
            _ => {}
        }
    }
    objects
}

/// The fields of several samples of one type, in the order in which they first appear. Every type
/// is a guess, and nothing says so yet.
pub(super) fn fields(samples: &[&Json]) -> Vec<Param> {
    let mut order: Vec<(&str, Vec<&Json>)> = Vec::new();
    let mut index = std::collections::HashMap::new();
    for object in objects(samples) {
        let JsonKind::Object(entries) = &object.kind else { continue };
        for (key, value) in entries {
            let at = *index.entry(key.as_str()).or_insert_with(|| {
                order.push((key, Vec::new()));
                order.len() - 1
            });
            order[at].1.push(value);
        }
    }
    order.into_iter().map(|(key, values)| shown(key, &values)).collect()
}

fn with_json(ty: Ty) -> Ty {
    match ty {
        Ty::Object | Ty::Unknown => Ty::Json,
        Ty::List(of) => Ty::list(with_json(*of)),
        Ty::Map(of) => Ty::map(with_json(*of)),
        ty => ty,
    }
}

/// The type of one sample.
pub(super) fn of(sample: &Json) -> Ty {
    match &sample.kind {
        JsonKind::Null => Ty::Unknown,
        JsonKind::Bool(_) => Ty::Bool,
        JsonKind::Number(number) if number.is_f64() => Ty::Float,
        JsonKind::Number(_) => Ty::Int,
        JsonKind::String(_) => Ty::String,
        JsonKind::Object(_) => Ty::Object,
        JsonKind::Array(items) => {
            Ty::list(items.iter().map(of).reduce(Ty::widest).unwrap_or(Ty::Unknown))
        }
    }
}

/// The type of several samples, which is that of all of them.
pub(super) fn of_all(samples: &[&Json]) -> Ty {
    samples.iter().map(|sample| of(sample)).reduce(Ty::widest).unwrap_or(Ty::Json)
}

/// Whether a sample can be of the type. Numbers as text and text as numbers are a matter of taste
/// that answers need not agree on, so `strict` is for requests alone.
pub(super) fn agrees(ty: &Ty, sample: &Json) -> bool {
    match (ty, &sample.kind) {
        (Ty::Unknown | Ty::Json | Ty::File, _) | (_, JsonKind::Null) => true,
        (Ty::String, JsonKind::String(_))
        | (Ty::Bool, JsonKind::Bool(_))
        | (Ty::Float, JsonKind::Number(_)) => true,
        (Ty::Int, JsonKind::Number(number)) => !number.is_f64(),
        (Ty::Object | Ty::Map(_), JsonKind::Object(_)) => true,
        (Ty::List(of), JsonKind::Array(items)) => items.iter().all(|item| agrees(of, item)),
        _ => false,
    }
}
