//! Differences between a page and a spec, or between two specs, and their effect on programs.

use serde::Serialize;

/// A page of which there is no spec, as [`Fixup::differs`](super::fixups::Fixup::differs) names it.
pub const NO_SPEC: &str = "no spec";
/// A spec of which there is no page.
pub const NO_PAGE: &str = "no page";

/// A difference between a page and a spec, or between two specs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The spec file, without its folder.
    pub file: String,
    /// Such as `query/page_size`.
    pub at: String,
    pub what: What,
    /// The value in the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The value on the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    pub effect: Effect,
}

/// The fact that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Crate,
    Operation,
    Event,
    Method,
    Path,
    Deprecated,
    Field,
    Name,
    Type,
    Required,
    Value,
    Token,
    Scope,
    Code,
    Rate,
    Limit,
    Default,
    Sample,
    Pages,
    Retry,
    Fixup,
}

/// The effect on programs that use the generated crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// They still compile.
    Additive,
    /// They may not compile, or stop to do what they did.
    Breaking,
}

impl Change {
    /// Whether it is more than another sample, which a program never notices. The sample of an event
    /// differs only if its members do, and so is what the platform sends.
    pub fn is_drift(&self) -> bool {
        self.what != What::Sample || self.at == EVENT_SAMPLE
    }

    /// Returns what the page leaves out, as [`Fixup::lacks`](super::fixups::Fixup::lacks) names it.
    pub fn gap(&self) -> Option<String> {
        let from = self.from.as_ref().filter(|_| self.to.is_none())?;
        Some(match self.what {
            What::Field | What::Deprecated => self.at.clone(),
            _ => gap(&self.at, from),
        })
    }

    /// Whether it is a whole operation or event, which had no spec.
    pub fn is_whole(&self) -> bool {
        matches!(self.what, What::Operation | What::Event)
    }

    /// As [`Fixup::differs`](super::fixups::Fixup::differs) names it.
    pub fn departure(&self) -> String {
        match (self.what, &self.to) {
            (What::Operation | What::Event, Some(_)) => NO_SPEC.to_owned(),
            (What::Operation | What::Event, None) => NO_PAGE.to_owned(),
            _ => self.said(),
        }
    }

    /// Returns the difference without its file.
    pub fn said(&self) -> String {
        let what = self.what.label();
        let change = match (self.from.as_deref(), self.to.as_deref()) {
            (None, to) => format!("{what} + {}", to.unwrap_or_default()),
            (Some(from), None) => format!("{what} - {from}"),
            (Some(from), Some(to)) => format!("{what} {from} -> {to}"),
        };
        if self.at.is_empty() { change } else { format!("{}: {change}", self.at) }
    }

    pub fn is_breaking(&self) -> bool {
        self.effect == Effect::Breaking
    }
}

/// Returns the name of an item that a list leaves out.
pub fn gap(list: &str, item: &str) -> String {
    format!("{list}={item}")
}

/// The place of the sample of an event.
pub const EVENT_SAMPLE: &str = "example";

impl What {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Crate => "crate",
            Self::Operation => "operation",
            Self::Event => "event",
            Self::Method => "method",
            Self::Path => "path",
            Self::Deprecated => "deprecated",
            Self::Field => "field",
            Self::Name => "name",
            Self::Type => "type",
            Self::Required => "required",
            Self::Value => "value",
            Self::Token => "token",
            Self::Scope => "scope",
            Self::Code => "code",
            Self::Rate => "rate",
            Self::Limit => "limit",
            Self::Default => "default",
            Self::Sample => "sample",
            Self::Pages => "pages",
            Self::Retry => "retry",
            Self::Fixup => "fix-up",
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let colon = if self.at.is_empty() { ": " } else { "" };
        write!(f, "{} {colon}{}", self.file, self.said())?;
        match self.what {
            _ if self.from.is_none() || self.to.is_some() => Ok(()),
            What::Operation | What::Event => f.write_str(" (no page describes it)"),
            What::Fixup => f.write_str(" (no longer applies)"),
            _ => f.write_str(" (not on the page)"),
        }
    }
}
