//! The list of object types that Feishu's pages have below the table of the body.
//!
//! ```text
//! - **berth** 类型说明:
//!   基本属性:
//!    name: string <br> depth: integer <br>
//!   - **cranes** (array):
//!     - **crane** 类型说明:
//! ```

use super::facts::{Param, Ty};
use super::json::Json;
use super::nest::{self, MAX_DEPTH};
use super::report::{RemarkKind, Report};
use super::{types, vocabulary, words};

/// An object type with a name of its own.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) name: String,
    pub(super) fields: Vec<Param>,
    line: usize,
}

/// An item that later lines may belong to.
enum Open {
    Type,
    Field,
}

pub(super) fn read(text: &str, line: usize, report: &mut Report) -> Vec<Model> {
    let mut reader = Reader { models: Vec::new(), open: Vec::new(), report };
    for (index, text) in text.split('\n').enumerate() {
        reader.line(text, line + index);
    }
    reader.models
}

struct Reader<'r> {
    models: Vec<Model>,
    open: Vec<(usize, Open)>,
    report: &'r mut Report,
}

impl Reader<'_> {
    fn line(&mut self, text: &str, line: usize) {
        let content = text.trim_start();
        let indent = text.len() - content.len();
        let content = content.trim();
        if content.is_empty() || is_label(content) {
            return;
        }
        let item = content.strip_prefix(['-', '*']).map(str::trim_start).and_then(bold);
        match item {
            Some((name, rest)) if is_type(rest) => self.open_type(indent, name, line),
            Some((name, rest)) => self.open_field(indent, name, rest, line),
            None => self.properties(content, line),
        }
    }

    /// Items end where one follows that is not further in.
    fn close(&mut self, indent: usize) {
        while self.open.last().is_some_and(|(open, _)| *open >= indent) {
            self.open.pop();
        }
        self.open.truncate(MAX_DEPTH);
    }

    fn open_type(&mut self, indent: usize, name: &str, line: usize) {
        self.close(indent);
        if self.open.is_empty() {
            self.models.push(Model { name: name.to_owned(), fields: Vec::new(), line });
        } else if let Some(field) = self.last_field() {
            field.model = Some(name.to_owned());
        }
        self.open.push((indent, Open::Type));
    }

    fn open_field(&mut self, indent: usize, name: &str, rest: &str, line: usize) {
        self.close(indent);
        let cell = rest.trim_matches([' ', ':', '：', '(', ')', '（', '）']);
        self.push(param(name.to_owned(), cell, line));
        self.open.push((indent, Open::Field));
    }

    /// `a: string <br> b: int <br>`
    fn properties(&mut self, content: &str, line: usize) {
        for part in
            words::lines_of(content).split('\n').map(str::trim).filter(|part| !part.is_empty())
        {
            let named = part
                .split_once([':', '：'])
                .filter(|(name, _)| words::is_identifier(words::bare(name).as_str()));
            match named {
                Some((name, ty)) => self.push(param(words::bare(name), ty, line)),
                None => self.report.add(
                    RemarkKind::Row,
                    line,
                    format!(
                        "not understood among the types: `{}`",
                        words::gloss(part).chars().take(60).collect::<String>()
                    ),
                ),
            }
        }
    }

    fn push(&mut self, param: Param) {
        if self.models.is_empty() {
            self.report.add(
                RemarkKind::Row,
                param.line,
                format!("`{}` belongs to no type; it is left out", param.name),
            );
        } else if let Some(fields) = self.innermost() {
            fields.push(param);
        }
    }

    /// The fields of the type that is open.
    fn innermost(&mut self) -> Option<&mut Vec<Param>> {
        let depth = self.open.iter().filter(|(_, open)| matches!(open, Open::Field)).count();
        let mut fields = &mut self.models.last_mut()?.fields;
        for _ in 0..depth {
            if fields.is_empty() {
                break;
            }
            fields = &mut fields.last_mut()?.fields;
        }
        Some(fields)
    }

    fn last_field(&mut self) -> Option<&mut Param> {
        let depth = self.open.iter().filter(|(_, open)| matches!(open, Open::Field)).count();
        let mut field = self.models.last_mut()?.fields.last_mut()?;
        for _ in 1..depth {
            field = field.fields.last_mut()?;
        }
        Some(field)
    }
}

/// A field with what a cell says of its type.
fn param(name: String, cell: &str, line: usize) -> Param {
    let types::Named { ty, model } = types::parse(cell);
    let (is_int64, is_number) = (types::is_int64(cell), types::is_number(cell));
    Param { name, ty, is_int64, is_number, model, line, ..Param::default() }
}

fn bold(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("**")?.split_once("**").map(|(name, rest)| (name.trim(), rest.trim()))
}

fn is_type(rest: &str) -> bool {
    let key = words::key(rest);
    vocabulary::contains(&key, vocabulary::TITLES_OF_TYPES) || key.trim_matches(':') == "type"
}

fn is_label(content: &str) -> bool {
    let key = words::key(content);
    let key = key.trim_end_matches([':', '：']);
    vocabulary::is_one_of(key, vocabulary::LABELS_OF_TYPES)
}

/// Gives the types to the fields that are of them.
pub(super) fn attach(
    fields: &mut [Param],
    models: Vec<Model>,
    sample: Option<&Json>,
    report: &mut Report,
) {
    let mut pool = Pool { unused: vec![true; models.len()], models };
    for field in fields.iter_mut().filter(|field| field.fields.is_empty()) {
        if let Some(found) = pool.named_by(field) {
            pool.give(found, field);
        }
    }
    let sample = sample.and_then(nest::object);
    let mut open: Vec<_> = fields
        .iter_mut()
        .filter(|field| field.fields.is_empty() && field.ty.holds_fields())
        .collect();
    let objects = open.iter().filter(|field| *field.ty.element() == Ty::Object).count();
    let mut in_order = pool.unused().collect::<Vec<_>>();
    if in_order.len() != objects {
        in_order.clear();
    }
    let mut in_order = in_order.into_iter();
    for field in &mut open {
        let keys = sample.and_then(|sample| sample.get(&field.name)).and_then(nest::object);
        // An empty object speaks for no type.
        let keys = keys.filter(|keys| keys.len() > 0);
        let is_object = *field.ty.element() == Ty::Object;
        let same_place = if is_object { in_order.next() } else { None };
        let found = same_place
            .filter(|place| keys.is_none_or(|keys| pool.likeness(*place, keys) > 0))
            .or_else(|| keys.and_then(|keys| pool.most_alike(keys)))
            .or_else(|| pool.unused().next().filter(|_| is_object && keys.is_none()));
        if let Some(found) = found {
            let Model { name, line, .. } = &pool.models[found];
            let message = format!("treating `{}` as a `{name}`, see line {line}", field.name);
            report.add(RemarkKind::GuessedNesting, field.line, message);
            pool.give(found, field);
        }
    }
    for model in
        pool.models.iter().zip(pool.unused).filter_map(|(model, unused)| unused.then_some(model))
    {
        let message = format!("the type `{}` belongs to no field of the body", model.name);
        report.add(RemarkKind::Row, model.line, message);
    }
}

/// The types of a page, and which of them no field has yet.
struct Pool {
    models: Vec<Model>,
    unused: Vec<bool>,
}

impl Pool {
    fn unused(&self) -> impl Iterator<Item = usize> {
        (0..self.unused.len()).filter(|at| self.unused[*at])
    }

    /// The type that the field names, or that is named like the field.
    fn named_by(&self, field: &Param) -> Option<usize> {
        let is = |model: &Model| match &field.model {
            Some(name) => *name == model.name,
            None => *field.ty.element() == Ty::Object && is_of(field, model),
        };
        let all =
            || self.models.iter().enumerate().filter(|(_, model)| is(model)).map(|(at, _)| at);
        all().find(|at| self.unused[*at]).or_else(|| all().next())
    }

    /// In thousandths, how many of the names in both are in each.
    fn likeness(&self, model: usize, keys: &Json) -> usize {
        let fields = &self.models[model].fields;
        let both = fields.iter().filter(|field| keys.get(&field.name).is_some()).count();
        let all = fields.len() + keys.len() - both;
        both * 1000 / all.max(1)
    }

    fn most_alike(&self, keys: &Json) -> Option<usize> {
        let rank =
            |at: &usize| (self.likeness(*at, keys), self.unused[*at], std::cmp::Reverse(*at));
        (0..self.models.len()).max_by_key(rank).filter(|at| self.likeness(*at, keys) > 0)
    }

    fn give(&mut self, model: usize, field: &mut Param) {
        self.unused[model] = false;
        field.model = Some(self.models[model].name.clone());
        field.fields.clone_from(&self.models[model].fields);
    }
}

/// `berth` for a field `berth` or `berths`, `quay.berth` and `quay_berth` as well.
fn is_of(field: &Param, model: &Model) -> bool {
    let last = model.name.rsplit('.').next().unwrap_or(&model.name);
    let plural = |name: &str| field.name.strip_suffix('s') == Some(name);
    model.name == field.name
        || last == field.name
        || plural(last)
        || last.strip_suffix(&field.name).is_some_and(|rest| rest.ends_with('_'))
}
