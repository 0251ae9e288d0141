//! Mistakes of the vendors' pages, and what belongs there instead: `fixups.json` of an API.
//! Each names its page and must still apply, so that none outlives its mistake.

use std::path::Path;

use serde::Deserialize;

use super::route;
use crate::distill::read::facts::Page;

/// One mistake of one page.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixup {
    /// The page, by its operation, such as `DELETE /open-apis/im/v1/pins/:message_id`, by its event
    /// type, or by its title if it describes neither.
    pub page: String,
    /// What is wrong, on one line that also holds `beside`.
    #[serde(default)]
    pub find: String,
    /// Another word of the same line; any line if it is empty.
    #[serde(default)]
    pub beside: String,
    #[serde(default)]
    pub replace: String,
    /// What the page leaves out, such as `fields/message/thread_id`, or a value or an item of a
    /// list, such as `fields/kind=wet` and `scopes=im:chat`.
    #[serde(default)]
    pub lacks: String,
    /// Why this is a mistake.
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
    match fixups.iter().find(|fixup| fixup.find.is_empty() == fixup.lacks.is_empty()) {
        Some(fixup) => Err(format!(
            "{}:1: the fix-up of `{}` needs either `find`, with `replace`, or `lacks`",
            path.display(),
            fixup.page
        )),
        None => Ok(fixups),
    }
}

impl Fixup {
    /// Whether this is about a page.
    pub fn concerns(&self, page: &Page) -> bool {
        match page {
            Page::Endpoint(facts) => {
                let (method, path) = self.page.split_once(' ').unwrap_or(("", ""));
                method == facts.method && route::anonymous(path) == route::anonymous(&facts.path)
            }
            Page::Event(facts) => self.page == facts.event_type,
            Page::Overview(facts) => self.page == facts.title,
            _ => false,
        }
    }

    /// The page without the mistake; `None` if it does not have it any more.
    pub fn apply(&self, text: &str) -> Option<String> {
        let is_meant = |line: &str| line.contains(&self.find) && line.contains(&self.beside);
        text.lines().any(is_meant).then(|| {
            let lines = text.split('\n').map(|line| match is_meant(line) {
                true => line.replace(&self.find, &self.replace),
                false => line.to_owned(),
            });
            lines.collect::<Vec<_>>().join("\n")
        })
    }
}

/// What to do about a fix-up whose page has not the mistake any more.
pub fn outlived(fixup: &Fixup) -> String {
    let Fixup { page, find, beside, lacks, .. } = fixup;
    let nothing = match lacks.is_empty() {
        true => format!("finds no `{find}` beside `{beside}`"),
        false => format!("misses `{lacks}`, which the specs do not hold or the page lists"),
    };
    format!("the fix-up of `{page}` {nothing}: the page was corrected; remove it from fixups.json")
}
