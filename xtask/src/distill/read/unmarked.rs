//! Tables that list the fields of an object below its row without any mark, as Feishu's own Markdown
//! does: a sample shows what belongs where, and where it is silent, what the page says elsewhere.

use std::collections::HashMap;

use super::facts::{Param, Ty};
use super::json::{Json, JsonKind};
use super::places::{self, Flat, MAX_DEPTH, Place};
use super::report::{RemarkKind, Report};

/// Each row goes into the innermost container whose sample has it and which does not have it yet.
/// What no sample has goes into the innermost container that may have more fields.
pub(super) struct Unmarked<'a> {
    tree: Vec<Param>,
    /// The containers whose rows may still follow, the innermost last.
    open: Vec<Open<'a>>,
    /// The outermost container that a row of no sample goes into: the data of an envelope.
    floor: usize,
    /// The fields of the vendor's types of which all rows have been seen.
    types: HashMap<String, Vec<String>>,
    /// A container whose sample is complete is taken to have no more fields.
    samples_are_whole: bool,
}

struct Open<'a> {
    place: Place,
    /// All objects that samples show in its place.
    samples: Vec<&'a Json>,
    model: Option<String>,
    line: usize,
}

impl Open<'_> {
    fn shows(&self, name: &str) -> bool {
        self.samples.iter().any(|sample| sample.get(name).is_some())
    }

    fn is_shown(&self) -> bool {
        self.samples.iter().any(|sample| sample.len() > 0)
    }
}

impl<'a> Unmarked<'a> {
    pub(super) fn new(sample: Option<&'a Json>, samples_are_whole: bool) -> Self {
        let samples = sample.map(objects).unwrap_or_default();
        let root = Open { place: Vec::new(), samples, model: None, line: 0 };
        let (tree, types) = (Vec::new(), HashMap::new());
        Self { tree, open: vec![root], floor: 0, types, samples_are_whole }
    }

    pub(super) fn tree(mut self, rows: Vec<Flat>, report: &mut Report) -> Vec<Param> {
        let mut rows = rows.into_iter().map(|row| row.param).peekable();
        while let Some(row) = rows.next() {
            let level = self.level(&row, report);
            self.close(level + 1, report);
            self.push(level, row, rows.peek());
        }
        self.floor = 0;
        self.close(1, report);
        self.tree
    }

    fn fields(&self, level: usize) -> &[Param] {
        match self.open.get(level) {
            Some(open) if !open.place.is_empty() => {
                places::at(&self.tree, &open.place).map_or(&[], |param| &param.fields)
            }
            _ => &self.tree,
        }
    }

    fn is_free(&self, level: usize, name: &str) -> bool {
        self.fields(level).iter().all(|field| field.name != name)
    }

    /// The container that a row belongs to.
    fn level(&self, row: &Param, report: &mut Report) -> usize {
        let levels = || (0..self.open.len()).rev();
        let shown =
            levels().find(|at| self.open[*at].shows(&row.name) && self.is_free(*at, &row.name));
        // Below a container that the sample leaves out, an outer name can be meant as well as an
        // inner one; the page is read as if the container had no rows.
        if let Some(level) = shown {
            return level;
        }
        let fits = |at: &usize| *at >= self.floor && self.is_free(*at, &row.name);
        let level = levels()
            .find(|at| fits(at) && self.may_hold(*at, row))
            .or_else(|| fits(&self.floor).then_some(self.floor))
            .or_else(|| levels().find(|at| self.is_free(*at, &row.name)))
            .unwrap_or(0);
        if self.open.len() > 1 {
            let parent = places::at(&self.tree, &self.open[level].place);
            let parent = parent.map_or("the body", |parent| parent.name.as_str());
            let message = format!(
                "`{}` is taken for a field of `{parent}`: no sample shows where it belongs",
                row.name
            );
            report.add(RemarkKind::GuessedNesting, row.line, message);
        }
        level
    }

    /// Whether a container may have a field that its sample does not show.
    fn may_hold(&self, level: usize, row: &Param) -> bool {
        let open = &self.open[level];
        if let Some(known) = open.model.as_ref().and_then(|model| self.types.get(model)) {
            return known.contains(&row.name);
        }
        let fields = self.fields(level);
        let has = |name: &str| fields.iter().any(|field| field.name == name);
        if !open.is_shown() {
            return !is_whole(fields, row);
        }
        // A sample without a required field would be none.
        let lacks = row.required == Some(true) && self.open.iter().any(|open| !open.is_shown());
        let mut keys = open.samples.iter().flat_map(|sample| sample.entries());
        let complete =
            self.samples_are_whole && level > self.floor && keys.all(|(key, _)| has(key));
        !lacks && !complete
    }

    fn push(&mut self, level: usize, row: Param, next: Option<&Param>) {
        let outer = &self.open[level];
        let shown: Vec<&Json> =
            outer.samples.iter().filter_map(|sample| sample.get(&row.name)).collect();
        let is_data = level == 0 && self.is_data(&row);
        let samples = inner(&row.ty, &shown, next);
        // A list of texts has no fields, whatever its type is called.
        let scalars = samples.is_empty() && shown.iter().any(|sample| !places::is_empty(sample));
        let opens = is_data
            || places::opens(&row) && !scalars
            || places::may_open(&row) && samples.iter().any(|sample| sample.len() > 0)
            || shown.is_empty() && next.is_some_and(|next| self.is_member(&row, next));
        let (model, line) = (row.model.clone(), row.line);
        let place = places::insert(&mut self.tree, &outer.place.clone(), row);
        if opens && self.open.len() < MAX_DEPTH {
            self.open.push(Open { place, samples, model, line });
            if is_data {
                self.floor = level + 1;
            }
        }
    }

    /// Whether all rows below belong to this one: an envelope holds nothing else behind its data.
    fn is_data(&self, row: &Param) -> bool {
        let has = |name: &str| self.tree.iter().any(|field| field.name == name);
        let is_last = match row.name.as_str() {
            "data" => has("code"),
            "event" => has("header") || has("uuid"),
            _ => false,
        };
        is_last && places::may_open(row)
    }

    /// Whether a row is known for a field of the type of another: from where the type stands above,
    /// or since it is called after it, as `enum_name` is.
    fn is_member(&self, of: &Param, row: &Param) -> bool {
        let Some(model) = &of.model else { return false };
        match self.types.get(model) {
            Some(known) => known.contains(&row.name),
            None => row.name.strip_prefix(model.as_str()).is_some_and(|rest| rest == "_name"),
        }
    }

    /// Closes the containers from the level on.
    fn close(&mut self, level: usize, report: &mut Report) {
        while self.open.len() > level.max(self.floor + 1) {
            let fields = self.fields(self.open.len() - 1);
            let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
            let Some(open) = self.open.pop() else { return };
            if names.is_empty() {
                continue;
            }
            if !open.is_shown() {
                report.add(
                    RemarkKind::GuessedNesting,
                    open.line,
                    "the rows below are taken for its fields: no sample shows where they belong",
                );
            }
            if let Some(model) = open.model {
                self.types.entry(model).or_insert(names);
            }
        }
    }
}

/// Whether fields that no sample shows are all of a container, so that another row is none of them:
/// a pair has no third member, and languages or URLs have nothing else beside them.
fn is_whole(fields: &[Param], other: &Param) -> bool {
    let has = |name: &str| fields.iter().any(|field| field.name == name);
    let is_pair = fields.len() == 2 && has("value") && (has("key") || has("lang"));
    let is_apart = |is: fn(&str) -> bool| {
        fields.len() > 1 && fields.iter().all(|field| is(&field.name)) && !is(&other.name)
    };
    is_pair || is_apart(is_language) || is_apart(|name| name.ends_with("url"))
}

/// `zh_cn`
fn is_language(name: &str) -> bool {
    name.len() == 5 && matches!(name.as_bytes()[2], b'_' | b'-')
}

/// What samples show of the fields of a value of the type: those of the values in a map, unless the
/// next row is one of its keys.
fn inner<'a>(ty: &Ty, shown: &[&'a Json], next: Option<&Param>) -> Vec<&'a Json> {
    let objects: Vec<&Json> = shown.iter().flat_map(|sample| objects(sample)).collect();
    let is_key = |object: &&&Json| next.is_some_and(|next| object.get(&next.name).is_some());
    if !matches!(ty, Ty::Map(_)) || objects.iter().any(|object| is_key(&object)) {
        return objects;
    }
    let values = objects.iter().flat_map(|object| object.entries());
    values.flat_map(|(_, value)| self::objects(value)).collect()
}

/// Samples show nothing new after that many.
const MOST_SAMPLES: usize = 1000;

/// The objects in a sample, also in lists.
fn objects(sample: &Json) -> Vec<&Json> {
    match &sample.kind {
        JsonKind::Object(_) => vec![sample],
        JsonKind::Array(items) => items.iter().flat_map(objects).take(MOST_SAMPLES).collect(),
        _ => Vec::new(),
    }
}
