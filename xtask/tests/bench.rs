//! What `cargo xtask bench` keeps on record.

use std::path::Path;

use xtask::bench::figures::{Record, Run, growth, number, parse};
use xtask::bench::{check, plot, table};

fn run(figures: &[(&str, f64)]) -> Run {
    let figures = figures.iter().map(|(name, value)| ((*name).to_owned(), number(*value)));
    Run {
        date: "2026-11-28".into(),
        machine: "2 cores".into(),
        versions: "rustc 1.88.0".into(),
        figures: figures.collect(),
    }
}

#[test]
fn the_tables_and_plots_are_what_is_on_record() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    check(root, &Record::read(root).unwrap()).unwrap();
}

#[test]
fn a_count_that_grew_is_named_with_how_much_and_what_to_do() {
    let recorded = run(&[("im allocations", 53.0), ("im instructions", 80_000.0)]);
    let within = run(&[("im allocations", 55.0), ("im instructions", 60_000.0)]);
    assert_eq!(growth(&recorded, &within), Ok(()));

    let beyond = run(&[("im allocations", 56.0), ("im instructions", 80_000.0)]);
    let error = growth(&recorded, &beyond).unwrap_err();
    assert!(error.contains("im allocations: from 53 to 56, +5.7 %"), "{error}");
    assert!(!error.contains("im instructions"), "{error}");
    assert!(error.contains("cargo xtask bench --accept"), "{error}");
}

#[test]
fn a_count_that_is_not_on_record_fails() {
    let error = growth(&run(&[]), &run(&[("im crates", 107.0)])).unwrap_err();
    assert!(error.contains("im crates: 107, and there is no record of it"), "{error}");
}

#[test]
fn a_count_that_is_no_longer_measured_fails() {
    let error = growth(&run(&[("im crates", 107.0)]), &run(&[])).unwrap_err();
    assert!(error.contains("im crates: is on record with 107 and was not measured"), "{error}");
}

#[test]
fn another_compiler_is_named_as_a_possible_cause() {
    let recorded = run(&[("im crates", 100.0)]);
    let measured = Run { versions: "rustc 1.89.0".into(), ..run(&[("im crates", 110.0)]) };
    let error = growth(&recorded, &measured).unwrap_err();
    assert!(error.contains("rustc 1.88.0") && error.contains("rustc 1.89.0"), "{error}");
}

#[test]
fn what_depends_on_the_compiler_is_compared_with_the_same_one_only() {
    let grown = [("im instructions", 100.0), ("im-many bytes_per_operation", 100.0)];
    let recorded = run(&grown);
    let measured = run(&grown.map(|(name, value)| (name, 2.0 * value)));
    assert!(growth(&recorded, &measured).is_err());
    let measured = Run { versions: "rustc 1.89.0".into(), ..measured };
    assert_eq!(growth(&recorded, &measured), Ok(()));
}

#[test]
fn a_line_is_a_name_and_its_figures() {
    let figures = parse("scale", "rss 29.46 26.01 1.13\nevents 71234\n").unwrap();
    assert_eq!(figures["scale rss"], number(29.5));
    assert_eq!(figures["scale rss by hand"], number(26.0));
    assert_eq!(figures["scale events"], number(71_234.0));
    assert!(parse("scale", "no figure\n").is_err());
}

#[test]
fn a_missed_target_is_bold() {
    let document = std::fs::read_to_string("../BENCHMARKS.md").unwrap();
    let missed = [("raw instructions", 73_717.0), ("im instructions", 86_493.0)];
    let record = Record { counts: run(&missed), ..Record::default() };
    let filled = table::fill(&document, &record).unwrap();
    let row = "| `feishu-im`: instructions | 86,493 | 73,717 | **1.17 ×** | ≤ 1.05 × |";
    assert!(filled.contains(row), "{filled}");
    assert!(filled.contains("`cargo xtask bench --check`, 2026-11-28: 2 cores"), "{filled}");
}

#[test]
fn a_time_has_a_unit_that_can_be_read() {
    let wall = "scale transfer/up-from-path/wall_ns";
    assert_eq!(table::show(wall, 1_651_543_623.0), "1,652 ms");
    assert_eq!(table::show(wall, 59_678_762.0), "59.7 ms");
    assert_eq!(table::show("tasks one_ns", 1_397.0), "1,397 ns");
}

#[test]
fn a_plot_shows_what_is_on_record_and_nothing_else() {
    let record = Record { counts: run(&[("im crates", 107.0)]), ..Record::default() };
    let svg = plot::draw(&record, plot::PLOTS[0].1);
    assert!(svg.contains("feishu-im") && svg.contains(">107<"), "{svg}");
    assert!(!svg.contains("dingtalk-sdk") && !svg.contains("Allocations"), "{svg}");
}
