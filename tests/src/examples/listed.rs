//! Each example is run by a test, says how to run it, and can be found.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Returns the text of all files of Rust in a folder and the folders in it.
fn sources(folder: &Path) -> String {
    let text = |path: PathBuf| match path.is_dir() {
        true => sources(&path),
        false => fs::read_to_string(path).unwrap_or_default(),
    };
    files(folder).into_iter().map(text).collect()
}

/// Calls `check` with the folder, the manifest, the name and the text of each example.
fn for_each_example(check: impl Fn(&Path, &str, &str, &str)) {
    let crates = files(&root().join("crates")).into_iter().chain([root().join("tests")]);
    for folder in crates {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        for path in files(&folder.join("examples")) {
            let name = path.file_stem().unwrap().to_str().unwrap();
            check(&folder, &manifest, name, &fs::read_to_string(&path).unwrap());
        }
    }
}

/// Returns the features that a crate's manifest says an example needs.
fn features(manifest: &str, name: &str) -> String {
    let section = manifest.split("[[example]]").find(|it| it.contains(&format!("name = {name:?}")));
    let line =
        section.and_then(|it| it.lines().find_map(|it| it.strip_prefix("required-features = ")));
    line.unwrap_or_default().replace(['[', ']', '"', ' '], "")
}

#[test]
fn each_is_run_by_a_test() {
    let tests = sources(&root().join("tests/src")) + &sources(&root().join("tests/tests"));
    for_each_example(|folder, _, name, _| {
        let tests = tests.clone() + &sources(&folder.join("tests"));
        let included = [format!("pub(super) mod {name};"), format!("/{name}.rs\"]")];
        assert!(included.iter().any(|it| tests.contains(it)), "{folder:?}: {name}");
    });
}

#[test]
fn each_says_how_to_run_it() {
    for_each_example(|_, manifest, name, text| {
        let package = manifest.lines().find_map(|it| it.strip_prefix("name = ")).unwrap();
        let package = package.trim_matches('"');
        let command = match features(manifest, name).as_str() {
            "" => format!("cargo run -p {package} --example {name}"),
            features => format!("cargo run -p {package} --features {features} --example {name}"),
        };
        assert!(text.starts_with("//! "), "{name} does not say what it does");
        assert!(text.contains(&command), "{name} lacks: {command}");
        assert!(!text.contains("env::var(name)?"), "{name} does not say which variable to set");
    });
}

#[test]
fn each_is_linked_from_the_readme_of_its_crate() {
    for_each_example(|folder, _, name, _| {
        if let Ok(readme) = fs::read_to_string(folder.join("README.md")) {
            assert!(readme.contains(&format!("/examples/{name}.rs)")), "{folder:?}: {name}");
        }
    });
}

#[test]
fn links_of_readmes_lead_to_examples() {
    for folder in files(&root().join("crates")) {
        let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        for rest in readme.split("/openplat/blob/main/").skip(1) {
            let path = rest.split(')').next().unwrap();
            assert!(root().join(path).exists(), "{folder:?}: {path}");
        }
    }
}
