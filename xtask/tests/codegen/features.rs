//! One small spec for each feature of the generator, and the code that it becomes. That the code
//! compiles and works is shown by the showcase crate; here a reviewer sees it.

use insta::{assert_snapshot, glob};
use xtask::codegen;

use crate::workspace::{API, Workspace};

#[test]
fn features() {
    glob!("../features", "*.json", |path| {
        let feature = path.file_stem().unwrap().to_str().unwrap();
        let workspace = Workspace::empty();
        workspace.write("specs/im/api.json", API);
        let spec = std::fs::read_to_string(path).unwrap();
        workspace.write(&format!("specs/im/chat.{feature}.json"), spec);
        let wanted =
            [&*format!("crates/im/src/generated/chat/{feature}.rs"), "tests/src/generated/im.rs"];
        assert_snapshot!(generated(&workspace, &wanted));
    });
}

/// The same for events, which have a folder of their own.
#[test]
fn features_of_events() {
    glob!("../features/events", "*.json", |path| {
        let feature = path.file_stem().unwrap().to_str().unwrap();
        let workspace = Workspace::with_events();
        let spec = std::fs::read_to_string(path).unwrap();
        let json: serde_json::Value = serde_json::from_str(&spec).unwrap();
        workspace.write(&format!("specs/im/events/{feature}.json"), spec);
        let file = codegen::naming::field(json["rust"].as_str().unwrap());
        let wanted = [
            &*format!("crates/im/src/generated/events/{file}.rs"),
            "crates/im/src/generated/events/mod.rs",
            "tests/src/generated/im.rs",
        ];
        assert_snapshot!(generated(&workspace, &wanted));
    });
}

/// These files of all that is generated.
fn generated(workspace: &Workspace, wanted: &[&str]) -> String {
    let files = codegen::generate(workspace.root(), &[]).unwrap_or_else(|error| match error {
        codegen::Error::Specs(faults) => panic!("{}", faults.render(false, usize::MAX)),
        error => panic!("{error}"),
    });
    let files = wanted
        .iter()
        .map(|wanted| files.iter().find(|file| file.path.ends_with(wanted)).unwrap())
        .map(|file| format!("{}:\n{}", file.path.display(), file.contents));
    files.collect::<Vec<_>>().join("\n")
}

/// What is imported and not used is a warning of the compiler.
#[test]
fn an_api_without_codes_names_no_kind_of_error() {
    let workspace = Workspace::new();
    assert!(error_codes(&workspace).contains("ErrorKind"));
    workspace.write("specs/im/api.json", r#"{ "vendor": "feishu", "modules": { "chat": "1." } }"#);
    workspace.edit("specs/im/chat.link.json", r#"["232009"]"#, "[]");
    assert!(!error_codes(&workspace).contains("ErrorKind"));
}

fn error_codes(workspace: &Workspace) -> String {
    workspace.codegen();
    workspace.read("crates/im/src/generated/error_code.rs")
}

/// DingTalk has tokens of users as Feishu has.
#[test]
fn an_operation_of_dingtalk_accepts_a_user() {
    let workspace = Workspace::new();
    workspace.edit("specs/im/api.json", "feishu", "dingtalk");
    workspace.edit("specs/im/chat.link.json", r#"["tenant", "user"]"#, r#"["app", "user"]"#);
    workspace.codegen();
    let operation = workspace.read("crates/im/src/generated/chat/link.rs");
    for line in ["impl AcceptsAppToken for LinkChat {}", "impl AcceptsUserToken for LinkChat {}"] {
        assert!(operation.contains(line), "{operation}");
    }
    assert!(operation.contains("- Token: the app's or a user's"), "{operation}");
    assert!(workspace.read("tests/src/generated/im.rs").contains("check::sends_as_user"));
}

/// Models that lead to each other in several ways must not make samples that grow with each.
#[test]
fn samples_of_models_within_models_stay_small() {
    let models = (0..30).map(|index| {
        let fields = ["a", "b", "c"].map(|name| {
            let (next, first) = ((index + 1) % 30, if name == "c" { "" } else { "list<" });
            let end = if first.is_empty() { "" } else { ">" };
            format!(r#"{{ "name": "{name}", "type": "{first}M{next}{end}", "doc": "1." }}"#)
        });
        let fields = fields.join(", ");
        format!(r#"{{ "name": "M{index}", "doc": "1.", "fields": [{fields}] }}"#)
    });
    let models = models.collect::<Vec<_>>().join(",");
    let workspace = Workspace::new();
    workspace.write("specs/im/types/models.json", format!(r#"{{ "types": [{models}] }}"#));
    let note = r#""name": "note", "type": "string""#;
    workspace.edit("specs/im/chat.link.json", note, &note.replace("string", "M0"));
    assert!(workspace.codegen() > 0);
    assert!(workspace.read("tests/src/generated/im.rs").len() < 50_000);
    assert!(workspace.read("crates/im/src/generated/types/models.rs").contains("Option<Box<M1>>"));
}

/// The complete example of specs/README.md is one.
#[test]
fn the_example_of_the_documentation_has_no_faults() {
    let documentation = include_str!("../../../specs/README.md");
    let (_, example) = documentation.split_once("```json\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let workspace = Workspace::empty();
    workspace.write("specs/im/api.json", API);
    workspace.write("specs/im/chat.link.json", example);
    assert!(workspace.codegen() > 0);
}
