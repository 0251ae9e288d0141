//! Problems of specs: where they are, and what to do about them.

use std::path::Path;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use super::source::Place;
use crate::files::slashes;

/// One problem.
#[derive(Debug)]
pub struct Diagnostic {
    message: String,
    hint: Option<String>,
    place: WholeOrPart,
}

#[derive(Debug)]
enum WholeOrPart {
    File(String),
    Part(Place),
}

impl Diagnostic {
    /// A problem with a part of a file.
    pub fn at(place: Place, message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, place: WholeOrPart::Part(place) }
    }

    /// Creates a problem with a file as a whole; the message continues after its path.
    pub fn file(path: &Path, message: impl Into<String>) -> Self {
        let place = WholeOrPart::File(slashes(path));
        Self { message: message.into(), hint: None, place }
    }

    /// Sets what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The file, and the JSON pointer to the part of it, if it is not the whole.
    pub fn place(&self) -> Option<(&str, &str)> {
        match &self.place {
            WholeOrPart::File(file) => Some((file, "")),
            WholeOrPart::Part(place) => {
                Some((place.path().to_str()?, place.pointer().map_or("", |p| p.as_str())))
            }
        }
    }

    fn render(&self, renderer: &Renderer) -> String {
        let path;
        let label;
        let mut group = match &self.place {
            WholeOrPart::File(file) => {
                path = file.clone();
                let title = format!("`{path}` {}", self.message);
                return renderer.render(&[match &self.hint {
                    Some(hint) => Level::ERROR
                        .primary_title(title)
                        .element(Origin::path(&path))
                        .element(Level::HELP.message(hint)),
                    None => Level::ERROR.primary_title(title).element(Origin::path(&path)),
                }]);
            }
            WholeOrPart::Part(place) => {
                path = slashes(place.path());
                label = place.pointer().map(|pointer| format!("at {pointer}"));
                let mut mark = AnnotationKind::Primary.span(place.span());
                if let Some(label) = &label {
                    mark = mark.label(label);
                }
                let snippet = Snippet::source(place.text()).path(&path).annotation(mark);
                Level::ERROR.primary_title(&self.message).element(snippet)
            }
        };
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(hint));
        }
        renderer.render(&[group])
    }

    fn sort_key(&self) -> (String, usize) {
        match &self.place {
            WholeOrPart::File(path) => (path.clone(), 0),
            WholeOrPart::Part(place) => (slashes(place.path()), place.span().start),
        }
    }
}

/// Without its place.
impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match self.place() {
            Some((_, pointer)) if !pointer.is_empty() => write!(f, " (at {pointer})"),
            _ => Ok(()),
        }
    }
}

/// The number of problems that are shown unless all are asked for: a mistake in what many files
/// share can make thousands.
pub const SHOWN: usize = 50;

/// Every problem found in one run.
#[derive(Debug, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Reports a problem, unless it follows from one that was reported before.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !matches!(&diagnostic.place, WholeOrPart::Part(place) if place.is_consequence) {
            self.0.push(diagnostic);
        }
    }

    /// Adds what was found elsewhere.
    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Whether anything was reported about a file, or about the contents of a folder.
    pub fn concern(&self, path: &Path) -> bool {
        self.0.iter().any(|diagnostic| match &diagnostic.place {
            WholeOrPart::File(file) => Path::new(file).starts_with(path),
            WholeOrPart::Part(place) => place.path().starts_with(path),
        })
    }

    /// One by one, for programs.
    pub fn into_list(self) -> Vec<Diagnostic> {
        self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first `limit` of them for a terminal, in the order of the files.
    pub fn render(&self, styled: bool, limit: usize) -> String {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_by_cached_key(|diagnostic| diagnostic.sort_key());
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let shown = sorted.iter().take(limit);
        let mut blocks: Vec<_> = shown.map(|problem| problem.render(&renderer)).collect();
        if let more @ 1.. = self.0.len().saturating_sub(limit) {
            blocks.push(format!("and {more} more: `cargo xtask codegen --verbose` shows all"));
        }
        blocks.join("\n\n")
    }
}

/// The one of `known` that `word` was probably meant to be.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&word.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}

/// `list` for a sentence: `` `a`, `b` or `c` ``.
pub fn one_of<'a>(list: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<_> = list.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}
