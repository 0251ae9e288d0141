//! Mistakes of the vendors' pages, what belongs there instead, and where our specs depart from
//! them: `fixups.json` of an API, or that of all for pages of which no API has a spec. Each names its
//! page and must still apply, so that none outlives its reason.

use std::path::Path;

use serde::{Deserialize, Deserializer};

use super::change::{Change, NO_PAGE, NO_SPEC};
use super::route;
use crate::distill::read::facts::Page;

/// One mistake of one page.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixup {
    /// The page, by its operation, such as `DELETE /open-apis/im/v1/pins/:message_id`, by its event
    /// type, or by its title if it describes neither.
    pub page: String,
    /// The wrong text, in one row or line that also contains `row`.
    #[serde(default)]
    pub find: String,
    /// Another word of the same row; any row if it is empty.
    #[serde(default)]
    pub row: String,
    #[serde(default)]
    pub replace: String,
    /// Facts that the page leaves out, such as `fields/message/thread_id`, or a value or an item of
    /// a list, such as `fields/kind=wet` and `scopes=im:chat`.
    #[serde(default, deserialize_with = "one_or_many")]
    pub lacks: Vec<String>,
    /// Facts of the page that differ from our specs, which are right: a line of `drift` without its
    /// beginning, such as `body/note: type string -> int`. `no spec` if the page has no spec, `no
    /// page` if the spec has no page.
    #[serde(default, deserialize_with = "one_or_many")]
    pub differs: Vec<String>,
    /// The reason why the page is wrong, or why the specs differ.
    pub why: String,
}

/// The fix-ups of an API; none if there is no such file.
pub fn load(folder: &Path) -> Result<Vec<Fixup>, String> {
    let path = folder.join("fixups.json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
    };
    let fixups: Vec<Fixup> = serde_json::from_str(&text)
        .map_err(|error| format!("{}:{}: {error}", path.display(), error.line()))?;
    match fixups.iter().find(|fixup| fixup.kinds() != 1) {
        Some(fixup) => Err(format!(
            "{}:1: the fix-up of `{}` needs either `find`, with `replace`, or `lacks`, or `differs`",
            path.display(),
            fixup.page
        )),
        None => Ok(fixups),
    }
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

impl Fixup {
    fn kinds(&self) -> usize {
        let has = [!self.find.is_empty(), !self.lacks.is_empty(), !self.differs.is_empty()];
        has.into_iter().filter(|has| *has).count()
    }

    pub fn has_no_page(&self) -> bool {
        self.differs.iter().any(|differs| differs == NO_PAGE)
    }

    pub fn has_no_spec(&self) -> bool {
        self.differs.iter().any(|differs| differs == NO_SPEC)
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
        let lacks = self.lacks.iter().filter(|lack| !gaps.contains(lack));
        let differs = self.differs.iter().filter(|differs| !said.contains(differs));
        lacks.chain(differs).map(String::as_str).collect()
    }

    /// Whether it explains a change.
    pub fn accepts(&self, change: &Change) -> bool {
        change.gap().is_some_and(|gap| self.lacks.contains(&gap))
            || self.differs.contains(&change.departure())
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
pub fn corrected(fixup: &Fixup) -> String {
    let Fixup { page, find, row, .. } = fixup;
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
