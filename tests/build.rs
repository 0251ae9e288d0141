//! Makes functions of the code in the READMEs, so that the tests compile it.

#![allow(clippy::print_stdout, reason = "cargo reads the output of a build script")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    // A new crate is a line in it.
    println!("cargo::rerun-if-changed=../Cargo.toml");
    let mut code = String::new();
    for (index, path) in readmes()?.iter().enumerate() {
        println!("cargo::rerun-if-changed={}", path.display());
        let functions = functions(&fs::read_to_string(path)?);
        code += &format!("// {}\nmod readme_{index} {{\n{functions}}}\n", path.display());
    }
    let out = env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    fs::write(Path::new(&out).join("readme.rs"), code)?;
    Ok(())
}

/// Returns the paths of the two READMEs of the repository and of those of the crates.
fn readmes() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths = vec!["../README.md".into(), "../README.zh-CN.md".into()];
    for folder in fs::read_dir("../crates")? {
        paths.push(folder?.path().join("README.md"));
    }
    paths.retain(|path| path.is_file());
    paths.sort();
    Ok(paths)
}

/// A comment before a fragment says what is given there: `<!-- given: feishu: feishu_im::Client -->`.
fn functions(readme: &str) -> String {
    let mut functions = String::new();
    for (index, (before, block)) in blocks(readme).enumerate() {
        let given = before.trim_end().rsplit_once('\n').map_or("", |(_, line)| line);
        let given = given.strip_prefix("<!-- given: ").and_then(|it| it.strip_suffix(" -->"));
        functions += &match given {
            Some(given) => format!(
                "async fn block_{index}({given}) -> Result<(), Box<dyn std::error::Error>> \
                 {{\n{block}Ok(())\n}}\n"
            ),
            None => format!("mod block_{index} {{\n{block}}}\n"),
        };
    }
    functions
}

/// Returns the blocks of Rust, each with the text between it and the block before.
fn blocks(readme: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = readme;
    std::iter::from_fn(move || {
        let (before, after) = rest.split_once("```rust\n")?;
        let (block, after) = after.split_once("```\n")?;
        rest = after;
        Some((before, block))
    })
}
