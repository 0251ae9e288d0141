//! The steps of `cargo xtask ci`, and what is said of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use toml_edit::DocumentMut;
use xtask::ci::mutants::{are_noticed, shard};
use xtask::ci::{
    NEED_INTERNET, Outcome, Run, STEPS, Setback, Step, advice, apart, list, run_steps, select,
    summary,
};

const STEP: Step = Step {
    name: "right",
    shows: "Cargo says its version",
    needs: &[],
    run: Run::Commands(&["CARGO_TERM_COLOR=never cargo --version", "cargo --version"]),
    help: "Install Cargo.",
};
const WRONG: Step = Step {
    name: "wrong",
    run: Run::Commands(&["cargo --version", "cargo no-such-command"]),
    ..STEP
};

fn git(folder: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=Harbor", "-c", "user.email=harbor@example.com"];
    let done = Command::new("git").current_dir(folder).args(identity).args(args).output();
    assert!(done.unwrap().status.success(), "{args:?}");
}

fn run(steps: &[Step], keep_going: bool) -> Vec<Outcome> {
    let stops = |outcome: &Outcome| !keep_going && advice(outcome, |_| true).is_some();
    run_steps(Path::new(env!("CARGO_MANIFEST_DIR")), steps, stops)
}

#[test]
fn the_run_ends_at_the_first_step_that_fails() {
    let outcomes = run(&[STEP, WRONG, STEP], false);
    assert_eq!(outcomes.len(), 2);
    assert_eq!(outcomes[0].result, Ok(()));
    let why = "`cargo no-such-command` failed".to_owned();
    assert_eq!(outcomes[1].result, Err(Setback::Failed(why)));
    assert_eq!(run(&[WRONG, STEP], true).len(), 2);
}

#[test]
fn a_failure_says_what_to_do_and_how_to_run_the_step_again() {
    let outcomes = run(&[STEP, WRONG], false);
    assert_eq!(advice(&outcomes[0], |_| true), None);
    assert_eq!(
        advice(&outcomes[1], |_| true).as_deref(),
        Some(
            "step `wrong` failed: `cargo no-such-command` failed\n\nInstall Cargo.\n\
             To run it again: cargo xtask ci wrong"
        )
    );
}

#[test]
fn a_step_without_what_it_needs_is_skipped_and_says_so() {
    let step = Step { name: "lame", needs: &["no-such-program --version"], ..WRONG };
    let outcomes = run(&[step], false);
    let Err(Setback::Skipped(reason)) = &outcomes[0].result else { panic!("it was run") };
    assert!(reason.starts_with("`no-such-program --version` could not be started: "), "{reason}");
    assert_eq!(advice(&outcomes[0], |_| true), None);
    let error = advice(&outcomes[0], |step| step.name != "lame").unwrap();
    assert!(error.starts_with("step `lame` was skipped: `no-such-program"), "{error}");
    assert!(error.ends_with("To run it again: .ci/run --strict lame"), "{error}");
}

#[test]
fn a_command_that_cannot_prepare_a_step_is_quoted() {
    let step = Step { needs: &["cargo no-such-command --version"], ..STEP };
    let outcomes = run(&[step], false);
    let Err(Setback::Skipped(reason)) = &outcomes[0].result else { panic!("it was run") };
    let (command, why) = reason.split_once(" failed: ").unwrap();
    assert_eq!(command, "`cargo no-such-command --version`");
    assert!(!why.is_empty() && !why.contains('\n'), "{why}");
}

#[test]
fn what_is_built_apart_stays_only_after_a_failure() {
    let root = TempDir::new().unwrap();
    let build = |step| {
        for folder in apart(root.path()) {
            fs::create_dir_all(folder.join("debug")).unwrap();
        }
        run_steps(root.path(), &[step], |_| false);
        apart(root.path()).map(|folder| folder.exists())
    };
    assert_eq!(build(WRONG), [true; 2]);
    assert_eq!(build(STEP), [false; 2]);
}

#[cfg(unix)]
mod programs {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Creates a program of `target/tools` that a script is.
    fn install(root: &Path, name: &str, script: &str) {
        let program = root.join("target/tools/bin").join(name);
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs a program of `target/tools` that a script is.
    fn outcome(script: &str) -> Result<(), Setback> {
        let root = TempDir::new().unwrap();
        install(root.path(), "harbor-pilot", script);
        let step = Step { run: Run::Commands(&["harbor-pilot"]), ..STEP };
        run_steps(root.path(), &[step], |_| false).remove(0).result
    }

    /// Even if the user has the target folder elsewhere.
    #[test]
    fn a_build_apart_is_where_it_is_removed() {
        let root = TempDir::new().unwrap();
        install(root.path(), "build", "mkdir -p \"$CARGO_TARGET_DIR\"; exit $1");
        let build = |line| {
            let step = Step { run: Run::Commands(line), ..STEP };
            run_steps(root.path(), &[step], |_| false);
            apart(root.path())[0].exists()
        };
        assert!(build(&["CARGO_TARGET_DIR=target/apart build 1"]));
        assert!(!build(&["CARGO_TARGET_DIR=target/apart build 0"]));
    }

    /// Lists a mutant for each file of the diff that it can read, and says of none that it was noticed.
    const MUTANTS: &str = r#"
        while [ $# -gt 0 ]; do
            case $1 in
                --in-diff) diff=$2 ;;
                --re) files="$files ${2##*/}" ;;
                --list) list=1 ;;
                --output) output=$2 ;;
            esac
            shift
        done
        if [ "$list" ]; then
            if [ "$diff" ]; then grep '^+++ b/' "$diff"; else echo "$files"; fi
            exit 0
        fi
        mkdir -p "$output/mutants.out"
        if [ "$diff" ]; then grep '^[+][^+]' "$diff"; else echo "$files"; fi >"$output/mutants.out/missed.txt"
        exit 2"#;

    #[test]
    fn mutants_are_those_of_the_lines_that_differ() {
        let root = TempDir::new().unwrap();
        install(root.path(), "cargo-mutants", MUTANTS);
        let git = |args: &[&str]| git(root.path(), args);
        git(&["init", "--quiet", "--initial-branch", "main"]);
        for (key, value) in [
            ("diff.mnemonicPrefix", "true"),
            ("diff.noprefix", "true"),
            ("color.ui", "always"),
            ("color.diff", "always"),
        ] {
            git(&["config", key, value]);
        }
        let code = root.path().join("crates/core/src/lib.rs");
        fs::create_dir_all(code.parent().unwrap()).unwrap();
        fs::write(&code, "one\n").unwrap();
        git(&["add", "crates"]);
        git(&["commit", "--quiet", "--message", "feat: one"]);
        let missed = |what| Err(format!("no test notices these changes:\n{what}"));
        assert_eq!(are_noticed(root.path()), missed(" retry.rs signature.rs"));
        git(&["switch", "--quiet", "--create", "side"]);
        fs::write(&code, "one\ntwo\n").unwrap();
        git(&["commit", "--quiet", "--all", "--message", "feat: two"]);
        assert_eq!(are_noticed(root.path()), missed("+two"));
    }

    #[test]
    fn tools_of_the_checkout_are_found() {
        assert_eq!(outcome("exit 0"), Ok(()));
    }

    /// Build scripts that read the variables would run again with each change between `cargo xtask ci`
    /// and `cargo test`.
    #[test]
    fn a_step_does_not_see_what_cargo_says_of_xtask() {
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
        assert_eq!(outcome("! env | grep --extended-regexp '^CARGO_(PKG|MANIFEST)_'"), Ok(()));
    }

    #[test]
    fn a_program_that_a_signal_ends_is_told_from_one_that_fails() {
        let why = "`harbor-pilot` was ended by a signal: 9 (SIGKILL)".to_owned();
        assert_eq!(outcome("kill -9 $$"), Err(Setback::Failed(why)));
    }
}

#[test]
fn steps_that_need_the_internet_are_steps() {
    for name in NEED_INTERNET {
        assert!(STEPS.iter().any(|step| step.name == *name), "{name}");
    }
}

#[test]
fn what_ci_runs_is_strict() {
    let workflow = include_str!("../../.github/workflows/ci.yml");
    assert!(workflow.contains("run: .ci/run --strict\n") && !workflow.contains("--offline"));
}

/// Without it, a step that nobody could run would look like one that passed.
#[cfg(unix)]
#[test]
fn what_a_machine_runs_is_strict() {
    let script = include_str!("../../.ci/run");
    let line = script.lines().find(|line| line.contains("set -- ")).unwrap();
    for (args, passed_on) in [
        (&[][..], "--strict --offline"),
        (&["mutants"], "--strict --offline mutants"),
        (&["--keep-going"], "--strict --offline --keep-going"),
        (&["--strict"], "--strict"),
        (&["day", "--strict"], "day --strict"),
    ] {
        let line = format!("set -e; {line}\necho \"$@\"");
        let run = Command::new("bash").args(["-c", &line, "run"]).args(args).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&run.stdout).trim_end(), passed_on);
    }
}

/// Cargo takes a filter that fits no test for one that passed.
#[test]
fn a_filter_of_tests_names_a_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let lines = STEPS.iter().flat_map(|step| match step.run {
        Run::Commands(lines) => lines,
        _ => &[],
    });
    let refresh = "cargo test --package xtask --test codegen digest::";
    assert!(include_str!("../src/refresh/checks.rs").contains(refresh));
    let mut filters = BTreeSet::new();
    for line in lines.copied().chain([refresh]) {
        let words: Vec<_> = line.split_whitespace().collect();
        let after = |name| words.iter().skip_while(|word| **word != name).nth(1).copied();
        let Some(module) = words.iter().find_map(|word| word.strip_suffix("::")) else { continue };
        let folder = after("--package").unwrap().trim_start_matches("openplat-");
        let file = match after("--test") {
            Some(test) => format!("{folder}/tests/{test}/main.rs"),
            None => format!("{folder}/src/lib.rs"),
        };
        let code = fs::read_to_string(root.join(&file)).unwrap();
        assert!(code.lines().any(|line| line == format!("mod {module};")), "{file}: {module}");
        filters.insert(module);
    }
    let known = ["calls", "digest", "generated", "network", "python"];
    assert!(filters.iter().eq(&known), "{filters:?}");
}

#[test]
fn a_function_is_a_step_as_well() {
    let step = Step { run: Run::Function(|_| Err("it is too late".to_owned())), ..STEP };
    let outcomes = run(&[step], false);
    assert_eq!(outcomes[0].result, Err(Setback::Failed("it is too late".to_owned())));
}

#[test]
fn what_compares_with_the_last_release_says_if_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| git(folder.path(), args);
    git(&["init", "--quiet"]);
    fs::write(folder.path().join("CHANGELOG.md"), "## Unreleased\n").unwrap();
    git(&["commit", "--quiet", "--allow-empty", "--message", "chore: a start"]);
    let run = Run::SinceRelease(|_, last| Err(format!("{} is broken", last.tag)));
    let step = Step { name: "since", needs: &["no-such-program"], run, ..STEP };
    let outcomes = run_steps(folder.path(), &[step, STEP], |_| false);
    let moot = Setback::Moot("there is no release yet".to_owned());
    assert_eq!(outcomes[0].result, Err(moot));
    assert_eq!(outcomes[1].result, Ok(()));
    assert_eq!(advice(&outcomes[0], |_| false), None);
    let summary = summary(&outcomes, 2);
    assert!(summary.contains(" nothing to check: there is no release yet\n"), "{summary}");
    assert!(summary.ends_with("NOT CHECKED: since\n1 passed, 0 failed, 1 skipped"), "{summary}");

    for tag in ["v0.9.0", "v0.10.0", "v0.2.0", "v1", "v2.0", "views"] {
        git(&["tag", tag]);
    }
    let outcomes = run_steps(folder.path(), &[Step { needs: &[], ..step }], |_| false);
    assert_eq!(outcomes[0].result, Err(Setback::Failed("v0.10.0 is broken".to_owned())));
}

/// What CI has to be given is no reason to pass.
#[test]
fn a_clone_that_lacks_the_releases_is_told_from_one_before_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let (origin, clone) = (folder.path().join("origin"), folder.path().join("clone"));
    fs::create_dir(&origin).unwrap();
    git(&origin, &["init", "--quiet"]);
    fs::write(origin.join("CHANGELOG.md"), "# Changelog\n\n## Unreleased\n").unwrap();
    git(&origin, &["add", "--all"]);
    git(&origin, &["commit", "--quiet", "--message", "chore: a start"]);
    let step = Step { run: Run::SinceRelease(|_, _| Ok(())), ..STEP };
    let result = |root: &Path| run_steps(root, &[step], |_| false).remove(0).result;
    assert_eq!(result(&origin), Err(Setback::Moot("there is no release yet".to_owned())));

    let released = "# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-01-31\n\n- Everything.\n";
    fs::write(origin.join("CHANGELOG.md"), released).unwrap();
    git(&origin, &["commit", "--quiet", "--all", "--message", "chore: a release"]);
    let why = "CHANGELOG.md has releases, and the checkout has the tag of none: run `git fetch --tags`, \
               in a shallow clone with `--unshallow`";
    let unknown = Err(Setback::Unknown(why.to_owned()));
    assert_eq!(result(&origin), unknown);
    let advice = advice(&run_steps(&origin, &[step], |_| false)[0], |_| false).unwrap();
    let again = "To run it again: .ci/run --strict right";
    assert_eq!(advice, format!("step `right` was skipped: {why}\n\n{again}"));

    git(&origin, &["tag", "v0.1.0"]);
    git(&origin, &["commit", "--quiet", "--allow-empty", "--message", "chore: more"]);
    let url = format!("file://{}", origin.display());
    git(folder.path(), &["clone", "--quiet", "--depth", "1", &url, "clone"]);
    assert_eq!(result(&clone), unknown);
    assert_eq!(result(&origin), Ok(()));
}

#[test]
fn a_repository_or_a_changelog_that_cannot_be_read_is_told_from_none() {
    let folder = tempfile::tempdir().unwrap();
    let step = Step { run: Run::SinceRelease(|_, _| Ok(())), ..STEP };
    let result = || run_steps(folder.path(), &[step], |_| false).remove(0).result;
    let why = |result| match result {
        Err(Setback::Unknown(why)) => why,
        other => panic!("{other:?}"),
    };
    fs::write(folder.path().join("CHANGELOG.md"), "# Changelog\n").unwrap();
    assert!(why(result()).contains("no line `## Unreleased`"));

    fs::write(folder.path().join("CHANGELOG.md"), "# Changelog\n\n## Unreleased\n").unwrap();
    assert_eq!(result(), Err(Setback::Moot("there is no release yet".to_owned())));
    fs::write(folder.path().join(".git"), "gitdir: nowhere\n").unwrap();
    assert!(why(result()).contains("not a git repository"));
}

#[test]
fn the_summary_gives_each_step_its_time_and_ends_with_the_counts() {
    let outcome = |step, seconds, disk, result| Outcome {
        step,
        time: Duration::from_secs(seconds),
        disk,
        result,
    };
    let skipped = Setback::Skipped("`typos --version` failed".to_owned());
    let outcomes = [
        outcome(STEP, 71, Some(4_000_000), Ok(())),
        outcome(Step { name: "spelling", ..STEP }, 0, None, Err(skipped)),
        outcome(WRONG, 3600, Some(700_000), Err(Setback::Failed("`false` failed".to_owned()))),
    ];
    assert!(summary(&outcomes, 5).ends_with("\n1 passed, 1 failed, 1 skipped, 2 not run"));
    assert_eq!(
        summary(&outcomes, 3),
        "right          1:11   4.1 GB  passed\n\
         spelling       0:00           skipped: `typos --version` failed\n\
         wrong         60:00   0.7 GB  failed\n\
         in all        61:11   4.1 GB  at most\n\n\
         NOT CHECKED: spelling\n\
         1 passed, 1 failed, 1 skipped"
    );
}

#[test]
fn steps_are_found_by_name() {
    let names = |steps: Vec<Step>| steps.iter().map(|step| step.name).collect::<Vec<_>>();
    assert_eq!(names(select(&[]).unwrap()).len(), STEPS.len());
    assert_eq!(names(select(&["bench".into(), "format".into()]).unwrap()), ["bench", "format"]);
    let error = |name: &str| select(&[name.into()]).err().unwrap();
    assert_eq!(
        error("formats"),
        "there is no step `formats`; did you mean `format`? \
         `cargo xtask ci --list` shows all steps"
    );
    assert_eq!(
        error("harbor"),
        "there is no step `harbor`; `cargo xtask ci --list` shows all steps"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn an_output_that_takes_nothing_is_an_error() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for command in
        [&["ci", "--list"][..], &["operations"], &["operations", "--json"], &["codegen", "--check"]]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let run = xtask.arg("--root").arg(&root).args(command).stdout(full).output().unwrap();
        let error = String::from_utf8(run.stderr).unwrap();
        assert!(error.starts_with("error: the output cannot be written: "), "{error}");
    }
}

/// The advice on the steps that failed as well.
#[test]
#[cfg(target_os = "linux")]
fn an_output_that_takes_nothing_hides_no_failure() {
    let root = TempDir::new().unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let run = xtask.arg("--root").arg(root.path()).args(["ci", "format"]).stdout(full);
    let error = String::from_utf8(run.output().unwrap().stderr).unwrap();
    let (failure, output) = error.split_once("To run it again: cargo xtask ci format\n\n").unwrap();
    assert!(failure.contains("error: step `format` failed: "), "{error}");
    assert!(output.starts_with("error: the output cannot be written: "), "{error}");
}

#[test]
fn every_step_has_a_name_of_its_own_a_claim_and_advice() {
    let mut names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), STEPS.len());
    for step in STEPS {
        assert!(step.name.len() <= 12 && !step.shows.ends_with('.'), "{}", step.name);
        assert!(step.help.ends_with('.'), "{}", step.name);
    }
    assert_eq!(list(STEPS).lines().count(), STEPS.len());
}

/// A file that was renamed would not be examined any more.
#[test]
fn the_files_of_the_mutation_tests_exist() {
    let config: DocumentMut = include_str!("../../.cargo/mutants.toml").parse().unwrap();
    let globs = config["examine_globs"].as_array().unwrap();
    assert!(globs.len() > 10);
    for glob in globs.iter().map(|glob| glob.as_str().unwrap()) {
        let path = glob.strip_suffix("/**/*.rs").unwrap_or(glob);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        assert_eq!((path.exists(), path.is_dir()), (true, glob.contains('*')), "{glob}");
    }
}

#[test]
fn commits_take_turns_in_the_mutants() {
    assert_eq!(shard(0, ""), (0, 0));
    assert_eq!(shard(48, "ffffffffffff\n"), (0, 1), "all are tried where they are few");
    let commits = (0..100).map(|number| format!("{number:07x}1234\n"));
    let tried: BTreeSet<_> = commits.map(|commit| shard(25 * 48 - 3, &commit)).collect();
    assert_eq!(tried, (0..25).map(|number| (number, 25)).collect());
    assert_eq!(shard(600, "b0d93af3"), shard(600, "b0d93af3"), "and the same ones again");
}

/// The toolchain that is installed is the one that the manifests promise.
#[test]
fn the_oldest_rust_is_that_of_the_manifest() {
    let manifest = include_str!("../../Cargo.toml");
    let msrv = STEPS.iter().find(|step| step.name == "msrv").unwrap();
    let version = msrv.needs.iter().find_map(|line| line.strip_prefix("rustup toolchain install "));
    let version = version.and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(manifest.contains(&format!("\nrust-version = \"{version}\"\n")), "{version}");
}

/// Messages of the compiler are compared in CI only if CI has the version that words them.
#[test]
fn the_rust_of_ci_is_that_of_the_compared_messages() {
    let test = include_str!("../../tests/src/compile_fail.rs");
    let version =
        test.split("#[rustversion::stable(").nth(1).and_then(|rest| rest.split(')').next());
    let version = version.unwrap();
    let workflow = include_str!("../../.github/workflows/ci.yml");
    assert!(workflow.contains(&format!("run: rustup toolchain install {version} ")), "{version}");
    assert!(workflow.contains(&format!("run: rustup default {version}\n")), "{version}");
}
