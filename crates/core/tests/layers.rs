//! The modules of this crate form layers: each imports only from those declared above it in
//! `lib.rs`.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the top modules in the order in which `lib.rs` declares them.
fn layers(lib: &str) -> Vec<String> {
    let declarations = lib.lines().map(|line| line.trim_start_matches("pub "));
    let names = declarations.filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

/// Returns the modules that a file names by `crate::`, with the number of the line; what is behind
/// `$crate` belongs to the users of a macro, and a macro that is exported is in no module.
fn imports(source: &str) -> Vec<(usize, String)> {
    let code = source.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|(number, line)| {
            line.match_indices("crate::").filter_map(move |(at, _)| {
                let is_ours = !line[..at].ends_with('$');
                let rest = &line[at + "crate::".len()..];
                let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_');
                let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
                (is_ours && !rest.starts_with('!')).then(|| (number + 1, name.to_owned()))
            })
        })
        .collect()
}

#[test]
fn no_import_runs_back_up() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let layers = layers(&fs::read_to_string(root.join("lib.rs")).unwrap());
    let rank = |name: &str| layers.iter().position(|layer| layer == name);
    assert!(layers.len() >= 10 && rank("base") < rank("client"), "{layers:?}");
    let mut sources = Vec::new();
    files(&root, &mut sources);
    let mut wrong = Vec::new();
    for path in sources.iter().filter(|path| !path.ends_with("src/lib.rs")) {
        let place = path.strip_prefix(&root).unwrap();
        let top = place.components().next().unwrap().as_os_str().to_str().unwrap();
        let own = rank(top.trim_end_matches(".rs")).expect("a file outside the layers");
        for (line, name) in imports(&fs::read_to_string(path).unwrap()) {
            match rank(&name) {
                Some(layer) if layer <= own => {}
                Some(_) => wrong.push(format!("{}:{line} imports {name}", place.display())),
                None => {
                    wrong.push(format!("{}:{line} names {name} by its re-export", place.display()))
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports that run back up:\n{}", wrong.join("\n"));
}

#[test]
fn an_import_that_runs_back_up_is_found() {
    let source = "use crate::client::Client;\n//! crate::lie\n    let x = crate::call::y();\n\
                  crate::a_macro! {\n$crate::macros\n#[cfg(test)]\nmod tests { use crate::x; }";
    let names: Vec<_> = imports(source);
    assert_eq!(names, [(1, "client".to_owned()), (3, "call".to_owned())]);
}
