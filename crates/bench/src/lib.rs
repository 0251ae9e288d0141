//! The common parts of the programs that `cargo xtask bench` measures: they take a server and a
//! number of calls, and print figures, each a line of a name and a number.

#![expect(clippy::print_stdout, reason = "the figures are for `cargo xtask bench`")]

#[cfg(feature = "im")]
pub mod memory;
#[cfg(feature = "decode")]
pub mod messages;

use std::env;
use std::error::Error;
use std::fmt::Display;
use std::fs;
use std::time::Instant;

use tokio::runtime::Builder;

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The chat whose link is asked for.
pub const CHAT: &str = "oc_a0553eda9014c201e6969b478895c230";

/// Calls that go before those that are counted.
const WARM_UP: u32 = 20;

/// Prints a figure for `cargo xtask bench` to read.
pub fn figure(name: &str, value: impl Display) {
    println!("{name} {value}");
}

/// Makes calls one after another on a single thread, and prints the nanoseconds that one takes.
///
/// The first argument of the program is the URL of the server, the second the number of calls.
/// `connect` creates a client and whatever else a warm call has, such as a token.
pub fn warm_calls<C>(connect: impl AsyncFnOnce(String) -> Outcome<C>) -> Outcome
where
    C: AsyncFn() -> Outcome,
{
    let mut arguments = env::args().skip(1);
    let url = arguments.next().ok_or("the URL of a server is missing")?;
    let calls: u32 = arguments.next().ok_or("the number of calls is missing")?.parse()?;
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let call = connect(url).await?;
        for _ in 0..WARM_UP {
            call().await?;
        }
        let (start, cpu) = (Instant::now(), cpu_nanos());
        for _ in 0..calls {
            call().await?;
        }
        figure("wall_ns", start.elapsed().as_nanos() / u128::from(calls.max(1)));
        if let (Some(before), Some(after)) = (cpu, cpu_nanos()) {
            figure("cpu_ns", (after - before) / u64::from(calls.max(1)));
        }
        Ok(())
    })
}

/// Returns the time that this thread has spent on a processor, where the system counts it.
fn cpu_nanos() -> Option<u64> {
    let counts = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    counts.split_whitespace().next()?.parse().ok()
}

/// Returns the time that the threads of this process have spent on processors.
pub fn process_nanos() -> Outcome<u64> {
    let mut nanos = 0;
    for thread in fs::read_dir("/proc/self/task")? {
        let counts = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanos += counts.split_whitespace().next().ok_or("no time is counted")?.parse::<u64>()?;
    }
    Ok(nanos)
}

/// Makes a client of reqwest as the crates make theirs: rustls with ring, and the system's
/// authorities.
#[cfg(feature = "raw")]
pub fn http_client() -> Outcome<reqwest::Client> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "there is a crypto provider already")?;
    Ok(reqwest::Client::builder().connect_timeout(std::time::Duration::from_secs(10)).build()?)
}
