//! The output of commands.

use std::io::{self, Write as _};

use anstream::adapter::strip_str;
use serde::Serialize;
use serde_json::json;

/// Prints a text. An output that takes none, such as a full disk, is an error, unless its reader has
/// read enough and left, as `head` does.
pub fn print(text: &str) -> Result<(), String> {
    match write!(anstream::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("the output cannot be written: {error}"))
        }
        _ => Ok(()),
    }
}

/// Prints a value as JSON.
pub fn print_json(value: &impl Serialize) -> Result<(), String> {
    let json = serde_json::to_string_pretty(value)
        .map_err(|error| format!("the output cannot be made: {error}"))?;
    print(&format!("{json}\n"))
}

/// Prints a failure as JSON as well, for those who read JSON.
pub fn or_json<T>(result: Result<T, String>, json: bool) -> Result<T, String> {
    if let (Err(message), true) = (&result, json) {
        print_json(&json!({ "error": strip_str(message).to_string() }))?;
    }
    result
}

/// Returns a number with the words after it.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
