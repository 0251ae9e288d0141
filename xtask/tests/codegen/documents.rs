//! The specs that documents show: who copies one gets code that passes the tests.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use xtask::codegen;

#[test]
fn specs_that_documents_show_are_complete() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (document, api, file) in [
        ("CONTRIBUTING.md", "dingtalk-storage", "file.batch_remove.json"),
        ("specs/README.md", "feishu-im", "chat.link.json"),
    ] {
        let text = fs::read_to_string(root.join(document)).unwrap();
        assert!(text.contains(&format!("`specs/{api}/{file}`")), "{document} names another file");
        let spec = text.split("```json\n").nth(1).unwrap().split("```").next().unwrap();

        let specs = TempDir::new().unwrap();
        copy(&root.join("specs").join(api), &specs.path().join(api));
        fs::write(specs.path().join(api).join(file), spec).unwrap();
        let apis = codegen::lower_specs(specs.path()).unwrap_or_else(|error| {
            panic!("{document}: {}", error.shown(usize::MAX));
        });

        let operations = apis[0].modules.iter().flat_map(|module| &module.operations);
        let id = spec.split("\"id\": \"").nth(1).unwrap().split('"').next().unwrap();
        let shown = operations.into_iter().find(|operation| operation.id == id).unwrap();
        assert!(shown.aliases.iter().any(|alias| !alias.is_ascii()), "{document}: {id}");
        assert_eq!(apis[0].undescribed, Vec::<String>::new(), "{document}");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        match from.is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(&from, &to).unwrap()),
        }
    }
}
