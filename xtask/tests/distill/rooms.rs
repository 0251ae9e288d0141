//! The rooms of `xtask`: what reads pages knows nothing of specs, what makes specs nothing of a
//! terminal, and no two files import from each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

/// Each imports only from those before it.
const ROOMS: &[&str] = &["distill/read", "codegen", "distill/specs", "distill/command"];

/// What each room may import from as well, which imports from no room.
const GROUND: &[&str] = &["console.rs", "files.rs"];

/// The files that each file imports from, by their paths below `src`.
type Imports = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

fn files(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false if path.extension() == Some("rs".as_ref()) => _ = found.insert(path),
            false => {}
        }
    }
}

fn imports() -> Imports {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = BTreeSet::new();
    files(&root, &mut sources);
    let relative = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_owned();
    let known: BTreeSet<PathBuf> = sources.iter().map(relative).collect();
    let read = |path: &PathBuf| imports_of(path, &fs::read_to_string(root.join(path)).unwrap());
    let resolved = |path: &PathBuf| {
        let imports = read(path).into_iter().filter_map(|import| file_of(&import, &known));
        (path.clone(), imports.filter(|import| import != path).collect())
    };
    known.iter().map(resolved).collect()
}

/// The modules that a file names by `super` or `crate`, outside of its tests.
fn imports_of(path: &Path, source: &str) -> Vec<PathBuf> {
    let code = source.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut found = Vec::new();
    scan(code.parse().unwrap(), path, &mut found);
    found
}

/// Finds the paths in code, in blocks and lists of arguments as well.
fn scan(code: TokenStream, path: &Path, found: &mut Vec<PathBuf>) {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => scan(group.stream(), path, found),
            TokenTree::Ident(ident) if ident == "crate" => {
                follow(&tokens[at + 1..], PathBuf::new(), found);
            }
            TokenTree::Ident(ident) if ident == "super" && !is_continued(&tokens[..at]) => {
                let folder = path.parent().unwrap();
                let is_mod = path.ends_with("mod.rs");
                let above = if is_mod { folder.parent().unwrap() } else { folder };
                follow(&tokens[at + 1..], above.to_owned(), found);
            }
            _ => {}
        }
    }
}

fn is_continued(before: &[TokenTree]) -> bool {
    matches!(before.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

/// Follows `::a::b` and `::{a, b::c}` from a module.
fn follow(tokens: &[TokenTree], module: PathBuf, found: &mut Vec<PathBuf>) {
    match tokens {
        [TokenTree::Punct(_), TokenTree::Punct(colon), TokenTree::Ident(name), rest @ ..]
            if colon.as_char() == ':' =>
        {
            let module = match name == "super" {
                true => module.parent().unwrap().to_owned(),
                false => module.join(name.to_string()),
            };
            follow(rest, module, found);
        }
        [TokenTree::Punct(_), TokenTree::Punct(colon), TokenTree::Group(group), ..]
            if colon.as_char() == ':' =>
        {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
            for item in inner.split(is_comma) {
                if let [TokenTree::Ident(name), rest @ ..] = item {
                    let is_self = name == "self";
                    let module =
                        if is_self { module.clone() } else { module.join(name.to_string()) };
                    follow(rest, module, found);
                }
            }
        }
        _ => found.push(module),
    }
}

/// The file of a module, or of what a module declares.
fn file_of(import: &Path, known: &BTreeSet<PathBuf>) -> Option<PathBuf> {
    import.ancestors().find_map(|path| {
        let files = [path.with_extension("rs"), path.join("mod.rs")];
        files.into_iter().find(|file| known.contains(file))
    })
}

fn room(file: &Path) -> Option<usize> {
    ROOMS.iter().position(|room| file.starts_with(room))
}

/// Files that import from each other, the first one once more at the end.
fn circle(imports: &Imports) -> Option<Vec<PathBuf>> {
    fn visit(
        file: &PathBuf,
        imports: &Imports,
        way: &mut Vec<PathBuf>,
        done: &mut BTreeSet<PathBuf>,
    ) -> Option<Vec<PathBuf>> {
        way.push(file.clone());
        if let Some(start) = way[..way.len() - 1].iter().position(|before| before == file) {
            return Some(way.split_off(start));
        }
        if done.insert(file.clone()) {
            let next = imports.get(file).into_iter().flatten();
            let found = next.into_iter().find_map(|file| visit(file, imports, way, done));
            if found.is_some() {
                return found;
            }
        }
        way.pop();
        None
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|file| visit(file, imports, &mut Vec::new(), &mut done))
}

#[test]
fn no_room_imports_from_a_later_one() {
    let imports = imports();
    let mut wrong = Vec::new();
    for (file, others) in &imports {
        let Some(own) = room(file) else { continue };
        let others = others.iter().filter(|other| !GROUND.iter().any(|it| other.ends_with(it)));
        let later = others.filter(|other| room(other).is_none_or(|room| room > own));
        wrong.extend(later.map(|other| format!("{} imports {}", file.display(), other.display())));
    }
    assert!(wrong.is_empty(), "imports that run back up:\n{}", wrong.join("\n"));
    let counts = ROOMS.iter().enumerate().map(|(at, _)| {
        imports.iter().filter(|(file, others)| room(file) == Some(at) && !others.is_empty()).count()
    });
    assert!(counts.into_iter().all(|count| count >= 2), "rooms without imports");
}

#[test]
fn every_file_of_distill_is_in_a_room() {
    let homeless = |file: &PathBuf| {
        file.starts_with("distill") && *file != Path::new("distill/mod.rs") && room(file).is_none()
    };
    let homeless: Vec<_> = imports().into_keys().filter(homeless).collect();
    assert!(homeless.is_empty(), "{homeless:?}");
}

#[test]
fn no_two_files_import_from_each_other() {
    assert_eq!(circle(&imports()), None);
}

/// The room that a file is in; outside of `distill` and `codegen`, the folder or the file itself.
fn unit(file: &Path) -> PathBuf {
    match room(file) {
        Some(room) => ROOMS[room].into(),
        None => file.iter().take(1).collect::<PathBuf>().with_extension(""),
    }
}

#[test]
fn no_two_folders_import_from_each_other() {
    let mut folders = Imports::new();
    for (file, others) in imports() {
        let own = unit(&file);
        let others = others.iter().map(|other| unit(other)).filter(|other| *other != own);
        folders.entry(own.clone()).or_default().extend(others);
    }
    assert!(folders.len() > 20, "{folders:?}");
    assert_eq!(circle(&folders), None);
}

/// The texts in code that hold letters other than those of ASCII, outside of comments and tests.
fn foreign_words(source: &str) -> Vec<String> {
    fn scan(code: TokenStream, found: &mut Vec<String>) {
        for token in code {
            match token {
                TokenTree::Group(group) => scan(group.stream(), found),
                TokenTree::Literal(literal) => found.push(literal.to_string()),
                _ => {}
            }
        }
    }
    let code = source.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut found = Vec::new();
    scan(lines.collect::<Vec<_>>().join("\n").parse().unwrap(), &mut found);
    let is_foreign = |char: char| char.is_alphabetic() && !char.is_ascii();
    found.retain(|text| text.starts_with('"') && text.contains(is_foreign));
    found
}

/// A maintainer who meets an unknown word looks for its list in one place.
#[test]
fn words_of_pages_stand_in_the_vocabulary_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/distill/read");
    let mut sources = BTreeSet::new();
    files(&root, &mut sources);
    let mut found: BTreeMap<_, _> = sources
        .into_iter()
        .map(|path| (path.clone(), foreign_words(&fs::read_to_string(path).unwrap())))
        .filter(|(_, words)| !words.is_empty())
        .collect();
    let words = found.remove(&root.join("vocabulary.rs"));
    assert!(words.is_some_and(|words| words.len() > 50), "the vocabulary is not read");
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn an_import_that_runs_in_a_circle_is_found() {
    let sources = [
        ("a.rs", "//! use super::lie;\nuse super::{b::{self, B}, x}; #[cfg(test)]"),
        ("b.rs", "fn f() { g(crate::r::c::C) }"),
        ("c.rs", "use super::super::r::a;\n#[cfg(test)]\nmod tests { use super::b; }"),
        ("mod.rs", "mod a;"),
    ];
    let known = sources.iter().map(|(name, _)| Path::new("r").join(name)).collect();
    let imports: Imports = sources
        .iter()
        .map(|(name, source)| {
            let path = Path::new("r").join(name);
            let found = imports_of(&path, source);
            let files = found.iter().filter_map(|import| file_of(import, &known)).collect();
            (path, files)
        })
        .collect();
    let named =
        |names: &[&str]| names.iter().map(|name| Path::new("r").join(name)).collect::<Vec<_>>();
    let of_a: Vec<_> = imports[Path::new("r/a.rs")].iter().cloned().collect();
    assert_eq!(of_a, named(&["b.rs", "mod.rs"]));
    assert_eq!(circle(&imports), Some(named(&["a.rs", "b.rs", "c.rs", "a.rs"])));
}
