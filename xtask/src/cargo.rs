//! Cargo, started by this program.

use std::env;
use std::process::Command;

use toml_edit::{DocumentMut, Item};

/// Returns a command that runs Cargo as if by hand.
pub fn command() -> Command {
    let path = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(path);
    forget_xtask(&mut command);
    command
}

/// Whether a crate with this manifest is published.
pub fn is_published(manifest: &DocumentMut) -> bool {
    let publish = manifest.get("package").and_then(|package| package.get("publish"));
    // Otherwise, it may be a list of registries.
    publish.and_then(Item::as_bool) != Some(false)
}

/// Removes from the environment of a command what `cargo run` says of this program.
///
/// ring's build script depends on it: Cargo would build ring, and most crates with it, again each time
/// that `cargo xtask` follows `cargo test`.
pub fn forget_xtask(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
}
