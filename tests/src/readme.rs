//! The READMEs: the code of all compiles, and those of the repository say the same.

use std::fs;
use std::path::Path;

#[allow(unused, reason = "the code of a README is compiled, and only its tests are run")]
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a README shows what it does")]
mod code {
    include!(concat!(env!("OUT_DIR"), "/readme.rs"));
}

fn readmes() -> [String; 2] {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    ["README.md", "README.zh-CN.md"].map(|name| fs::read_to_string(root.join(name)).unwrap())
}

#[test]
fn both_languages_show_the_same_code() {
    let [english, chinese] = readmes().map(|text| {
        let blocks = text.split("```").skip(1).step_by(2);
        blocks.map(without_texts).collect::<Vec<_>>()
    });
    assert!(english.len() > 10);
    assert_eq!(english, chinese);
}

/// Leaves out what is in quotes, which each language says in its own words.
fn without_texts(code: &str) -> String {
    code.split('"').step_by(2).collect::<Vec<_>>().join("\"")
}

#[test]
fn both_languages_have_the_same_sections() {
    let [english, chinese] = readmes().map(|text| {
        let mut is_code = false;
        let lines = text.lines().filter(|line| {
            is_code ^= line.starts_with("```");
            !is_code && line.starts_with("##")
        });
        lines.map(|line| line.chars().take_while(|char| *char == '#').count()).collect::<Vec<_>>()
    });
    assert_eq!(english, chinese);
}
