//! What `cargo xtask events` tells people and programs.

use insta::assert_snapshot;
use xtask::{codegen, operations};

use crate::workspace::Workspace;

#[test]
fn events_are_listed_with_all_that_can_stand_in_them() {
    let workspace = Workspace::with_events();
    let question = include_str!("../features/events/question.json");
    workspace.write("specs/im/events/question.json", question);
    let older = include_str!("../features/events/older.json");
    workspace.write("specs/im/events/older.json", older);
    let events = operations::list_events(&codegen::lower(workspace.root()).unwrap());
    let json = serde_json::to_string_pretty(&events).unwrap();
    assert_snapshot!(format!("{}\n\n{json}", operations::table_of_events(&events)));
}
