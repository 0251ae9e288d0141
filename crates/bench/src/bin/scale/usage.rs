//! The resources that this process uses, as counted by Linux.

use std::fs;
use std::time::Instant;

use openplat_bench::{Outcome, figure, process_nanos};

/// Returns a number of the status of this process, such as `VmRSS`, the bytes that are resident,
/// or `VmHWM`, the most that ever were.
pub fn status(name: &str) -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let line = line.ok_or("the status of the process lacks a line")?;
    let number: u64 = line.split_whitespace().next().ok_or("a line has no number")?.parse()?;
    Ok(if line.ends_with(" kB") { 1024 * number } else { number })
}

/// Prints what `work` takes: time, processor time, and memory beyond what is there before it.
pub async fn measured(work: impl AsyncFnOnce() -> Outcome) -> Outcome {
    let (resident, start, cpu) = (status("VmRSS")?, Instant::now(), process_nanos()?);
    work().await?;
    figure("wall_ns", start.elapsed().as_nanos());
    figure("cpu_ns", process_nanos()?.saturating_sub(cpu));
    figure("peak_bytes", status("VmHWM")?);
    figure("grown_bytes", status("VmHWM")?.saturating_sub(resident));
    Ok(())
}
