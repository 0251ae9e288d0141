//! The checkout that a command works in.

use super::fresh::page;
use super::lab::Lab;

const DISTIL: [&str; 5] = ["distill", "pages", "--api", "harbor", "--write"];

fn checkout() -> Lab {
    let lab = Lab::new();
    lab.write("xtask/Cargo.toml", "");
    lab.write("crates/demo/Cargo.toml", "");
    lab.write("pages/dock.md", page("GET", "/docks", ""));
    lab
}

/// Two clones may share a target folder, and with it the binary.
#[test]
fn the_checkout_is_the_one_that_cargo_runs_in() {
    for package in ["xtask", "crates/demo"] {
        let (here, other) = (checkout(), checkout());
        let package = here.path(package);
        let run = other.xtask_in("", Some(&package), &DISTIL);
        assert!(run.ok, "{}", run.err);
        assert_eq!(other.specs(), "");
        assert!(here.path("specs/harbor/dock.list.json").is_file());
    }
}

#[test]
fn without_cargo_the_checkout_is_that_of_the_current_folder() {
    let lab = checkout();
    let run = lab.xtask_in(
        "crates/demo",
        None,
        &["distill", "../../pages", "--api", "harbor", "--write"],
    );
    assert!(run.ok, "{}", run.err);
    assert!(lab.path("specs/harbor/dock.list.json").is_file());
}

#[test]
fn without_a_checkout_a_folder_has_to_be_named() {
    let lab = Lab::new();
    lab.write("pages/dock.md", page("GET", "/docks", ""));
    let run = lab.xtask_in("", None, &DISTIL);
    assert!(!run.ok && run.err.contains("pass one with `--root DIR`"), "{}", run.err);
    assert_eq!(lab.specs(), "");
    let args = [&DISTIL[..], &["--out", "made"]].concat();
    let run = lab.xtask_in("", None, &args);
    assert!(run.ok && lab.path("made/harbor/dock.list.json").is_file(), "{}", run.err);
}
