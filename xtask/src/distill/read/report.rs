//! Remarks on facts to check on the page.

use serde::Serialize;

/// Something the page leaves open, with the line where it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// From 1.
    pub line: usize,
    pub kind: RemarkKind,
    pub message: String,
}

/// The reason to check a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RemarkKind {
    /// The page was not in UTF-8, or not entirely.
    Encoding,
    /// The text was decoded wrongly before it was stored.
    Damage,
    /// A row or table that does not fit its header, or that belongs nowhere.
    Row,
    /// The same name twice.
    Duplicate,
    /// The page does not give the type.
    GuessedType,
    /// The page gives the type by a sample alone.
    Sampled,
    /// The page does not say what belongs to what.
    GuessedNesting,
    /// The page does not say where a parameter goes, which token is accepted, or the like.
    Guessed,
    /// Two places of the page disagree.
    Conflict,
    /// Values, limits or defaults that are in a sentence.
    Prose,
    /// JSON that had to be repaired, or could not be read.
    Json,
    /// Something that pages of this kind have, and this one has not.
    Missing,
}

impl RemarkKind {
    /// For people: `guessed type`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Encoding => "encoding",
            Self::Damage => "damaged text",
            Self::Row => "table row",
            Self::Duplicate => "duplicate",
            Self::GuessedType | Self::Sampled => "guessed type",
            Self::GuessedNesting => "guessed nesting",
            Self::Guessed => "guess",
            Self::Conflict => "conflict",
            Self::Prose => "in prose",
            Self::Json => "json",
            Self::Missing => "missing",
        }
    }
}

/// Collects remarks in the order in which they are found.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Remark>);

impl Report {
    pub(super) fn add(&mut self, kind: RemarkKind, line: usize, message: impl Into<String>) {
        self.0.push(Remark { line, kind, message: message.into() });
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Sorted by line; what was found twice stands once.
    pub(super) fn finish(mut self) -> Vec<Remark> {
        self.0.sort_by_key(|remark| remark.line);
        self.0.dedup();
        self.0
    }
}
