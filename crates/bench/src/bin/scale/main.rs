//! Costs that grow with size and number: calls in flight, files, events, and connections that wait.
//!
//! Without an argument, compares everything with the same written by hand and prints a line for
//! each figure: its name, ours, the one by hand, and their ratio. Each side of a figure is measured
//! in a process of its own, in turns; the line is the pair of runs whose ratio is the median.

#![expect(clippy::print_stdout, reason = "the table is what the program is for")]

mod idle;
mod in_flight;
mod server;
mod transfer;
mod usage;
mod webhook;

use std::collections::BTreeMap;
use std::env;
use std::process::{Command, Stdio};

use openplat_bench::Outcome;
use tokio::runtime::Builder;

use server::Server;

/// A scenario, its variants, and how often it is run.
const SCENARIOS: [(&str, &[&str], usize); 4] = [
    ("in-flight", &["10000"], 3),
    ("transfer", &["up-from-path", "up-from-stream", "down", "down-to-file"], 7),
    ("webhook", &["feishu", "dingtalk"], 3),
    ("idle", &["60"], 1),
];

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match *arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        [] => SCENARIOS.iter().try_for_each(|scenario| compare(scenario)),
        [only] => SCENARIOS.iter().filter(|(name, ..)| *name == only).try_for_each(compare),
        ["in-flight", calls, side, url] => in_flight::run(calls.parse()?, side, url),
        ["transfer", way, side, url] => transfer::run(way, side, url),
        ["webhook", vendor, side, _] => webhook::run(vendor, side),
        ["idle", seconds, side, url] => idle::run(seconds.parse()?, side, url),
        _ => Err("expected the name of a scenario, or nothing".into()),
    }
}

/// Fails where the system lets a process open fewer sockets than there are calls in flight.
fn check_open_files() -> Outcome {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let most = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let most = most.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    match most {
        Some(most) if most < 11_000 => {
            Err(format!("{most} open files are too few: run `ulimit -n 20000` first").into())
        }
        _ => Ok(()),
    }
}

/// Runs a scenario in all its variants and prints the figures.
fn compare((scenario, variants, runs): &(&str, &[&str], usize)) -> Outcome {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let _guard = runtime.enter();
    let server = runtime.block_on(Server::start())?;
    let url = server.url(scenario);
    if *scenario == "in-flight" {
        check_open_files()?;
    }
    for variant in *variants {
        let mut pairs: BTreeMap<String, Vec<[f64; 2]>> = BTreeMap::new();
        for _ in 0..*runs {
            let mut by_hand = child(&[scenario, variant, "by-hand", &url])?;
            for (name, ours) in child(&[scenario, variant, "ours", &url])? {
                let by_hand = by_hand.remove(&name).ok_or("a figure has no other side")?;
                pairs.entry(name).or_default().push([ours, by_hand]);
            }
        }
        for (name, mut pairs) in pairs {
            pairs.sort_by(|[a, b], [c, d]| f64::total_cmp(&(a / b), &(c / d)));
            let Some([ours, by_hand]) = pairs.get(pairs.len() / 2) else { continue };
            println!("{scenario}/{variant}/{name} {ours} {by_hand} {:.3}", ours / by_hand);
        }
    }
    Ok(())
}

/// Measures one side in a process of its own, and returns its figures.
fn child(arguments: &[&str]) -> Outcome<BTreeMap<String, f64>> {
    let output =
        Command::new(env::current_exe()?).args(arguments).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{arguments:?} failed").into());
    }
    let figure = |line: &str| {
        let (name, value) = line.split_once(' ').ok_or("a line is no figure")?;
        Ok((name.to_owned(), value.parse()?))
    };
    String::from_utf8(output.stdout)?.lines().map(figure).collect()
}
