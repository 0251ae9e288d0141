//! Documented lengths and ranges, as sentences.

use std::fmt;

use super::super::ir::{Kind, Type};
use super::super::spec;

/// The unit of a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Characters,
    Elements,
    Nothing,
}

impl Of {
    pub fn ty(ty: &Type) -> Self {
        match ty {
            Type::String | Type::Text(_) => Self::Characters,
            Type::Named(reference) if matches!(reference.kind, Kind::Enum | Kind::Id) => {
                Self::Characters
            }
            Type::List(_) | Type::Map(_) => Self::Elements,
            _ => Self::Nothing,
        }
    }
}

/// Whether a value may be a number: some numbers are sent as strings.
pub fn has_range(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Float | Type::String)
}

/// Whether there is no value that lies within the limits.
pub fn leave_nothing<T: PartialOrd>(min: Option<T>, max: Option<T>) -> bool {
    min.zip(max).is_some_and(|(min, max)| min > max)
}

/// Reads `1000/min, 50/s` as calls in a window of seconds.
pub fn rates(text: &str) -> Option<Vec<(u32, u32)>> {
    text.split(',').map(|part| rate(part.trim())).collect()
}

fn rate(text: &str) -> Option<(u32, u32)> {
    let (calls, unit) = text.split_once('/')?;
    let seconds = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    Some((calls.parse().ok().filter(|calls| *calls > 0)?, seconds))
}

pub fn sentences(spec: &spec::Field, counts_elements: bool) -> Vec<String> {
    let unit = if counts_elements { "element" } else { "character" };
    let of_unit = |limit: u64| format!(" {unit}{}", if limit == 1 { "" } else { "s" });
    let range = sentence(spec.min, spec.max, |_| String::new());
    let length = sentence(spec.min_length, spec.max_length, of_unit);
    range.into_iter().chain(length).collect()
}

fn sentence<T: Copy + PartialEq + fmt::Display>(
    min: Option<T>,
    max: Option<T>,
    unit: impl Fn(T) -> String,
) -> Option<String> {
    match (min, max) {
        (Some(min), Some(max)) if min == max => Some(format!("Exactly {min}{}.", unit(min))),
        (Some(min), Some(max)) => Some(format!("From {min} to {max}{}.", unit(max))),
        (Some(min), None) => Some(format!("At least {min}{}.", unit(min))),
        (None, Some(max)) => Some(format!("At most {max}{}.", unit(max))),
        (None, None) => None,
    }
}
