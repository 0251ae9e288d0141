//! Mistakes of the vendors' pages, what belongs there instead, and where our specs depart from
//! them: `fixups.json` of an API, or that of all for pages of which no API has a spec. Each names its
//! page and must still apply, so that none outlives its reason.

use std::path::Path;

use serde::{Deserialize, Deserializer};

use super::change::{Change, NO_PAGE, NO_SPEC};
use super::route;
use crate::distill::read::facts::Page;

/// One mistake of one page.
#[derive(Debug, Clone)]
pub struct Fixup {
    /// The page, by its operation, such as `DELETE /open-apis/im/v1/pins/:message_id`, by its event
    /// type, or by its title if it describes neither.
    pub page: String,
    pub kind: Kind,
    /// The reason why the page is wrong, or why the specs differ.
    pub why: String,
}

/// The way in which a page and the specs differ.
#[derive(Debug, Clone)]
pub enum Kind {
    Replace(Replacement),
    /// Facts that the page leaves out.
    Lacks(Vec<String>),
    /// Facts of the page that differ from our specs, which are right.
    Differs(Vec<String>),
}

/// A wrong text, and what belongs there instead.
#[derive(Debug, Clone)]
pub struct Replacement {
    pub find: String,
    row: String,
    replace: String,
}

/// A fix-up as it is written, with the keys of one kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    page: String,
    /// The wrong text, in one row or line that also contains `row`.
    #[serde(default)]
    find: String,
    /// Another word of the same row; any row if it is empty.
    #[serde(default)]
    row: String,
    #[serde(default)]
    replace: String,
    /// Facts that the page leaves out, such as `fields/message/thread_id`, or a value or an item of
    /// a list, such as `fields/kind=wet` and `scopes=im:chat`.
    #[serde(default, deserialize_with = "one_or_many")]
    lacks: Vec<String>,
    /// Facts of the page that differ from our specs, which are right: a line of `drift` without its
    /// beginning, such as `body/note: type string -> int`. `no spec` if the page has no spec, `no
    /// page` if the spec has no page.
    #[serde(default, deserialize_with = "one_or_many")]
    differs: Vec<String>,
    why: String,
}

/// The fix-ups of an API; none if there is no such file.
pub fn load(folder: &Path) -> Result<Vec<Fixup>, String> {
    let path = folder.join("fixups.json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
    };
    let fixups: Vec<Raw> = serde_json::from_str(&text)
        .map_err(|error| format!("{}:{}: {error}", path.display(), error.line()))?;
    let fixups = fixups.into_iter().map(Raw::checked);
    fixups.collect::<Result<_, _>>().map_err(|why| format!("{}:1: {why}", path.display()))
}

/// One text, or a list of several that have one reason.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    })
}

impl Raw {
    fn checked(self) -> Result<Fixup, String> {
        let Self { page, find, row, replace, lacks, differs, why } = self;
        let kind = match (find.is_empty(), lacks.is_empty(), differs.is_empty()) {
            (false, true, true) => Kind::Replace(Replacement { find, row, replace }),
            (true, false, true) => Kind::Lacks(lacks),
            (true, true, false) => Kind::Differs(differs),
            _ => {
                return Err(format!(
                    "the fix-up of `{page}` needs either `find`, with `replace`, or `lacks`, or `differs`"
                ));
            }
        };
        Ok(Fixup { page, kind, why })
    }
}

impl Fixup {
    /// Whether the specs depart from the page, which is read as it is.
    pub fn is_departure(&self) -> bool {
        !matches!(self.kind, Kind::Replace(_))
    }

    /// Returns the facts that the page leaves out, such as `fields/message/thread_id`.
    pub fn lacks(&self) -> &[String] {
        if let Kind::Lacks(facts) = &self.kind { facts } else { &[] }
    }

    /// Returns the facts of the page that differ from the specs.
    pub fn differs(&self) -> &[String] {
        if let Kind::Differs(facts) = &self.kind { facts } else { &[] }
    }

    pub fn has_no_page(&self) -> bool {
        self.differs().iter().any(|differs| differs == NO_PAGE)
    }

    pub fn has_no_spec(&self) -> bool {
        self.differs().iter().any(|differs| differs == NO_SPEC)
    }

    /// Whether this is about the page of an operation.
    pub fn is_of(&self, http_method: &str, path: &str) -> bool {
        let (of_method, of_path) = self.page.split_once(' ').unwrap_or(("", ""));
        of_method == http_method && route::anonymous(of_path) == route::anonymous(path)
    }

    /// Returns the accepted differences that are not among the changes.
    pub fn outlived<'a>(&'a self, changes: &[Change]) -> Vec<&'a str> {
        let gaps: Vec<String> = changes.iter().filter_map(Change::gap).collect();
        let said: Vec<String> = changes.iter().map(Change::departure).collect();
        let lacks = self.lacks().iter().filter(|lack| !gaps.contains(lack));
        let differs = self.differs().iter().filter(|differs| !said.contains(differs));
        lacks.chain(differs).map(String::as_str).collect()
    }

    /// Whether it explains a change.
    pub fn accepts(&self, change: &Change) -> bool {
        change.gap().is_some_and(|gap| self.lacks().contains(&gap))
            || self.differs().contains(&change.departure())
    }

    /// Whether this is about a page.
    pub fn concerns(&self, page: &Page) -> bool {
        match page {
            Page::Endpoint(facts) => self.is_of(&facts.method, &facts.path),
            Page::Event(facts) => self.page == facts.event_type,
            Page::Overview(facts) => self.page == facts.title,
            _ => false,
        }
    }
}

impl Replacement {
    /// The page without the mistake; `None` if it does not have it any more.
    pub fn apply(&self, text: &str) -> Option<String> {
        let is_meant = |line: &str| line.contains(&self.find) && line.contains(&self.row);
        text.lines().any(is_meant).then(|| {
            let lines = text.split('\n').map(|line| match is_meant(line) {
                true => line.replace(&self.find, &self.replace),
                false => line.to_owned(),
            });
            lines.collect::<Vec<_>>().join("\n")
        })
    }
}

/// Returns advice on a fix-up whose page is correct by now.
pub fn corrected(page: &str, Replacement { find, row, .. }: &Replacement) -> String {
    format!(
        "the fix-up of `{page}` finds no `{find}` in a row with `{row}`: the page was corrected; remove \
         it from fixups.json"
    )
}

/// Returns advice on a difference that no longer exists.
pub fn outlived(page: &str, departure: &str) -> String {
    format!(
        "the fix-up of `{page}` misses `{departure}`, in which the page and the specs do not differ: \
         remove it from fixups.json"
    )
}
