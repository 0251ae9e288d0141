//! Makes functions of the code in the READMEs, so that the tests compile it.

#![allow(clippy::print_stdout, reason = "cargo reads the output of a build script")]

use std::error::Error;
use std::{env, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let mut code = String::new();
    for (module, name) in [("english", "README.md"), ("chinese", "README.zh-CN.md")] {
        let path = Path::new("..").join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path)?;
        code += &format!("mod {module} {{\n{}}}\n", functions(&text));
    }
    let out = env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    fs::write(Path::new(&out).join("readme.rs"), code)?;
    Ok(())
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
