//! The counts of operations and events in the READMEs.

use crate::codegen::ir::Api;

/// The documents that count what the specs define, in each language.
pub const READMES: [&str; 2] = ["README.md", "README.zh-CN.md"];

/// The first cell of the row with the count of all crates, in each language.
const TOTALS: [&str; 2] = ["| operations |", "| 接口数 |"];

/// The word for no events, in each language.
const NONE: [&str; 2] = ["none", "无"];

/// Puts the counts into the rows of the crates, and their sum into the row of the comparison. Words
/// instead of a number stay, unless they say that there is none.
pub fn with_counts(readme: &str, apis: &[Api]) -> String {
    let (mut before, mut after) = (0, 0);
    let rows = readme.lines().map(|line| {
        let is_row = |api: &&Api| line.starts_with(&format!("| [`{0}`](crates/{0}) |", api.name));
        let Some(api) = apis.iter().find(is_row) else { return line.to_owned() };
        let operations: usize = api.modules.iter().map(|module| module.operations.len()).sum();
        let Some((row, [old, new])) = counted(line, operations, api.events.len()) else {
            return line.to_owned();
        };
        before += old;
        after += new;
        row
    });
    let rows: Vec<String> = rows.collect();
    let (before, after) = (before.to_string(), after.to_string());
    let lines = rows.into_iter().map(|line| {
        let is_total = TOTALS.iter().any(|total| line.starts_with(total));
        if is_total { line.replacen(&before, &after, 1) } else { line }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// The row with the counts, and the number of operations before and after.
fn counted(line: &str, operations: usize, events: usize) -> Option<(String, [usize; 2])> {
    let cells: Vec<&str> = line.strip_suffix(" |")?.split(" | ").collect();
    let [name, what, old, old_events] = cells[..] else { return None };
    let before = old.parse().ok()?;
    let is_number = old_events.parse::<usize>().is_ok();
    let events = match is_number || events > 0 && NONE.contains(&old_events) {
        true => events.to_string(),
        false => old_events.to_owned(),
    };
    Some((format!("{name} | {what} | {operations} | {events} |"), [before, operations]))
}
