//! Nothing of the repository's root travels with a package: each holds what its readers need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folders and manifests of the crates that are published.
fn packages() -> Vec<(PathBuf, String)> {
    let folders = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let packages = folders.filter_map(|folder| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        (!manifest.contains("\npublish = false\n")).then_some((folder, manifest))
    });
    packages.collect()
}

#[test]
fn each_package_holds_the_licenses_and_its_own_readme() {
    for (folder, manifest) in packages() {
        for license in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let copy = fs::read_to_string(folder.join(license)).unwrap_or_default();
            assert_eq!(copy, fs::read_to_string(root().join(license)).unwrap(), "{folder:?}");
        }
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = ")).unwrap();
        let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        assert!(readme.starts_with(&format!("# {}\n", name.trim_matches('"'))), "{folder:?}");
        for link in ["README.zh-CN.md", "/guide"] {
            assert!(readme.contains(link), "{folder:?} has no link to {link}");
        }
    }
}

#[test]
fn each_package_can_be_found_and_is_documented_whole() {
    for (folder, manifest) in packages() {
        for line in [
            "\ndescription = ",
            "\nkeywords = [",
            "\ncategories",
            "\ninclude.workspace = true\n",
            "\nall-features = true\n",
        ] {
            assert!(manifest.contains(line), "{folder:?} lacks {line:?}");
        }
    }
}

#[test]
fn each_package_is_in_the_tables_of_the_documents() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let [english, chinese, documents, folders] =
        ["README.md", "README.zh-CN.md", "openapi/README.md", "ARCHITECTURE.md"].map(read);
    for (folder, manifest) in packages() {
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = ")).unwrap();
        let name = name.trim_matches('"');
        let folder = folder.file_name().unwrap().to_str().unwrap();
        let row = format!("\n| [`{name}`](crates/{folder}) |");
        let document = format!("\n| [`{folder}.json`]({folder}.json) |");
        let has_specs = root().join("specs").join(folder).exists();
        let is_listed = [format!("`crates/{folder}`"), format!(", `{folder}`")];
        // Programs depend on core through the others.
        for (path, is_there) in [
            ("README.md", english.contains(&row) || folder == "core"),
            ("README.zh-CN.md", chinese.contains(&row) || folder == "core"),
            ("openapi/README.md", documents.contains(&document) || !has_specs),
            ("ARCHITECTURE.md", is_listed.iter().any(|it| folders.contains(it))),
        ] {
            assert!(is_there, "add `{name}` to the table of {path}");
        }
    }
}

/// Only rustdoc reads them, so that a package without them is built all the same, and has no docs.
#[test]
fn each_package_holds_the_guides_that_its_docs_include() {
    let mut guides = 0;
    for (folder, _) in packages() {
        let list = Command::new(env!("CARGO"))
            .args(["package", "--list", "--allow-dirty", "--offline"])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
        let list = String::from_utf8(list.stdout).unwrap();
        for file in fs::read_dir(folder.join("src")).unwrap().map(|entry| entry.unwrap().path()) {
            let code = fs::read_to_string(file).unwrap_or_default();
            for rest in code.split("doc = include_str!(\"../").skip(1) {
                let guide = rest.split('"').next().unwrap();
                assert!(list.lines().any(|path| path == guide), "{folder:?} lacks {guide}");
                guides += 1;
            }
        }
    }
    assert!(guides >= 6, "{guides}");
}

/// On crates.io, a relative link leads nowhere, and a hidden line of an example is shown.
#[test]
fn readmes_of_packages_stand_alone() {
    for (folder, _) in packages() {
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        for line in readme.lines() {
            let mut links = line.split("](").skip(1);
            assert!(links.all(|link| link.starts_with("https://")), "{folder:?}: {line}");
        }
        let code = readme.split("```").skip(1).step_by(2);
        for block in code.filter(|block| block.starts_with("rust")) {
            assert!(!block.contains("\n# "), "{folder:?}: {block}");
            // Any other fence is passed over by the build script that makes the tests compile it.
            assert!(block.starts_with("rust\n"), "{folder:?}: {block}");
        }
    }
}

/// Where the docs of a crate were not built along, links to it lead to the docs under this name.
#[test]
fn each_package_says_where_its_docs_are() {
    for (folder, manifest) in packages() {
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = ")).unwrap();
        let root = format!("html_root_url = \"https://docs.rs/{}/latest\"", name.trim_matches('"'));
        let lib = fs::read_to_string(folder.join("src/lib.rs")).unwrap();
        assert!(lib.contains(&root), "{folder:?} lacks {root:?}");
    }
}
