//! The steps of `cargo xtask ci`, and what is said of them.

use std::path::Path;
use std::time::Duration;

use xtask::ci::{
    NEED_INTERNET, Outcome, Run, STEPS, Setback, Step, advice, list, run_steps, select, summary,
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

fn run(steps: &[Step], keep_going: bool) -> Vec<Outcome> {
    run_steps(Path::new(env!("CARGO_MANIFEST_DIR")), steps, keep_going)
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
            "error: step `wrong` failed: `cargo no-such-command` failed\n\nInstall Cargo.\n\
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
    assert!(error.starts_with("error: step `lame` was skipped: `no-such-program"), "{error}");
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
    assert!(include_str!("../../.ci/run").contains("set -- --strict --offline\n"));
}

#[test]
fn a_function_is_a_step_as_well() {
    let step = Step { run: Run::Function(|_| Err("it is too late".to_owned())), ..STEP };
    let outcomes = run(&[step], false);
    assert_eq!(outcomes[0].result, Err(Setback::Failed("it is too late".to_owned())));
}

#[test]
fn the_summary_gives_each_step_its_time_and_ends_with_the_counts() {
    let outcome =
        |step, seconds, result| Outcome { step, time: Duration::from_secs(seconds), result };
    let skipped = Setback::Skipped("`typos --version` failed".to_owned());
    let outcomes = [
        outcome(STEP, 71, Ok(())),
        outcome(Step { name: "spelling", ..STEP }, 0, Err(skipped)),
        outcome(WRONG, 110, Err(Setback::Failed("`false` failed".to_owned()))),
    ];
    assert_eq!(
        summary(&outcomes),
        "right           71 s  passed\n\
         spelling         0 s  skipped: `typos --version` failed\n\
         wrong          110 s  failed\n\
         3 min in all\n\n\
         NOT CHECKED: spelling\n\
         1 passed, 1 failed, 1 skipped"
    );
}

#[test]
fn steps_are_found_by_name() {
    let names = |steps: Vec<Step>| steps.iter().map(|step| step.name).collect::<Vec<_>>();
    assert_eq!(names(select(&[]).unwrap()).len(), STEPS.len());
    assert_eq!(names(select(&["bench".into(), "format".into()]).unwrap()), ["bench", "format"]);
    let error = select(&["forms".into()]).err().unwrap();
    assert!(error.contains("no step `forms`") && error.contains("--list"), "{error}");
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
