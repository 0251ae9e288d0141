//! Checks of what a program compiles that depends on a part of the crates.

use std::fs;
use std::path::Path;

use crate::shell::output;
use crate::target::{remove, target};
use crate::{cargo, codegen};

/// Fails if a program that depends on DingTalk alone compiles files of Feishu.
pub fn compiles_one_vendor(root: &Path) -> Result<(), String> {
    // Its own folder, which names no file that another build compiled.
    let folder = target(root).join("apart/one-vendor");
    remove(&folder)?;
    let mut check = cargo::command();
    check.args(["check", "--quiet", "--package", "dingtalk-convfile", "--target-dir"]);
    output(check.arg(&folder).current_dir(root))?;
    let sources = sources(&folder.join("debug/deps"))
        .map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    let has = |part: &str| sources.iter().any(|source| source.contains(part));
    // Paths are relative to the workspace, whose own path may have such names.
    if !has("crates/core/src/vendor/dingtalk.rs") {
        return Err("the list of compiled files does not name `vendor/dingtalk.rs`".to_owned());
    }
    let feishu = ["crates/core/src/vendor/feishu", "crates/feishu-"];
    match feishu.into_iter().find(|part| has(part)) {
        Some(part) => Err(format!("`dingtalk-convfile` compiles files of `{part}`")),
        None => Ok(()),
    }
}

/// Reads the files that a build compiled from what the compiler left for Cargo.
fn sources(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "d") {
            sources.push(fs::read_to_string(path)?.replace('\\', "/"));
        }
    }
    Ok(sources)
}

/// Fails if a crate compiles reqwest without its default features.
pub fn leaves_out_reqwest(root: &Path) -> Result<(), String> {
    let apis = codegen::lower_specs(&root.join("specs")).map_err(|error| error.to_string())?;
    let apis: Vec<_> = apis.iter().map(|api| [api.name.as_str(), ""]).collect();
    let others =
        [["openplat-hyper", ""], ["feishu-cardkit", "streaming"], ["dingtalk-convfile", "storage"]];
    for [package, features] in apis.into_iter().chain(others) {
        let mut tree = cargo::command();
        tree.args(["tree", "--edges", "normal", "--no-default-features", "--features", features]);
        let tree = output(tree.args(["--package", package]).current_dir(root))?;
        if tree.contains("reqwest v") {
            let with = if features.is_empty() { "" } else { " --features " };
            return Err(format!(
                "`{package}` compiles reqwest without its default features; this shows why: \
                 cargo tree --edges normal --no-default-features{with}{features} \
                 --package {package} --invert reqwest"
            ));
        }
    }
    Ok(())
}
