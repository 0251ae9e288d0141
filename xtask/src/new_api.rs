//! `cargo xtask new-api`: the place for an API, before there is anything of it.

use std::fs;
use std::path::Path;

use clap::Args;
use toml_edit::{DocumentMut, InlineTable, Item, value};

use crate::cargo;
use crate::codegen::spec::Vendor;
use crate::codegen::{naming, rules};
use crate::console;
use crate::files::{self, Change};

const REPOSITORY: &str = "https://github.com/openplat/openplat";

/// The API to make a place for.
#[derive(Args)]
pub struct Options {
    /// The name of the crate, such as `feishu-calendar`
    name: String,
    /// The platform
    #[arg(long)]
    vendor: Vendor,
}

/// Makes the place of an API, and prints what to do next.
///
/// # Errors
///
/// Returns an error if there can be no such API, or if a file cannot be written.
pub fn run(root: &Path, Options { name, vendor }: &Options) -> Result<(), String> {
    let changes = create(root, name, *vendor)?;
    console::print(&format!(
        "{}\nnext:\n  cargo xtask distill PAGES --api {name} --write\n  cargo xtask codegen\n  \
         cargo xtask openapi\n  \
         cargo test -p openplat-tests {}\n",
        changes.iter().map(|change| format!("{change}\n")).collect::<String>(),
        name.replace('-', "_")
    ))
}

/// Makes the folder of the specs, the crate, and its place in the workspace. Returns what was
/// written.
fn create(root: &Path, name: &str, vendor: Vendor) -> Result<[Change; 8], String> {
    let changes =
        changes(root, name, vendor).map_err(|why| format!("{why}\n\nnothing was written"))?;
    files::apply(root, &changes).map_err(|error| error.to_string())?;
    Ok(changes)
}

fn changes(root: &Path, name: &str, vendor: Vendor) -> Result<[Change; 8], String> {
    check_name(root, name)?;
    let manifest = read(root, "Cargo.toml")?;
    let tests = read(root, "tests/Cargo.toml")?;
    let with_crate = with_dependency(&manifest, name, &cargo::version(root)?.to_string())?;
    let with_tests = with_test_dependency(&tests, name)?;
    Ok([
        new(format!("specs/{name}/api.json"), api_json(vendor)),
        new(format!("crates/{name}/Cargo.toml"), crate_manifest(name, vendor)),
        new(format!("crates/{name}/README.md"), readme(name, vendor)),
        new(format!("crates/{name}/LICENSE-MIT"), read(root, "LICENSE-MIT")?),
        new(format!("crates/{name}/LICENSE-APACHE"), read(root, "LICENSE-APACHE")?),
        new(format!("crates/{name}/src/lib.rs"), library(name, vendor)),
        Change { path: "tests/Cargo.toml".into(), old: Some(tests), new: Some(with_tests) },
        // Last: from here on the crate is there.
        Change { path: "Cargo.toml".into(), old: Some(manifest), new: Some(with_crate) },
    ])
}

fn new(path: String, text: String) -> Change {
    Change { path: path.into(), old: None, new: Some(text) }
}

fn check_name(root: &Path, name: &str) -> Result<(), String> {
    rules::check_crate_name(name)?;
    for folder in [format!("specs/{name}"), format!("crates/{name}")] {
        if root.join(&folder).exists() {
            return Err(format!("{folder} already exists"));
        }
    }
    Ok(())
}

fn read(root: &Path, path: &str) -> Result<String, String> {
    fs::read_to_string(root.join(path)).map_err(|error| format!("{path} cannot be read: {error}"))
}

fn parse(path: &str, text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|error| format!("{path}: {error}"))
}

/// The workspace's manifest with the crate among its dependencies.
fn with_dependency(text: &str, name: &str, version: &str) -> Result<String, String> {
    let mut document = parse("Cargo.toml", text)?;
    let mut dependency = InlineTable::new();
    dependency.insert("version", version.into());
    dependency.insert("path", format!("crates/{name}").into());
    let workspace = document.get_mut("workspace");
    let table = workspace.and_then(|workspace| workspace.get_mut("dependencies"));
    insert(table, "Cargo.toml", name, dependency)?;
    Ok(document.to_string())
}

fn with_test_dependency(text: &str, name: &str) -> Result<String, String> {
    let mut document = parse("tests/Cargo.toml", text)?;
    let mut dependency = InlineTable::new();
    dependency.insert("workspace", true.into());
    dependency.insert("features", toml_edit::Array::from_iter(["events", "examples"]).into());
    insert(document.get_mut("dev-dependencies"), "tests/Cargo.toml", name, dependency)?;
    Ok(document.to_string())
}

fn insert(
    table: Option<&mut Item>,
    path: &str,
    name: &str,
    dependency: InlineTable,
) -> Result<(), String> {
    let table = table.and_then(Item::as_table_mut);
    let table = table.ok_or_else(|| format!("{path} has no table of dependencies"))?;
    table.insert(name, value(dependency));
    Ok(())
}

fn api_json(vendor: Vendor) -> String {
    let vendor = vendor.as_str();
    format!(
        "{{\n  \"$schema\": \"../schema.json\",\n  \"vendor\": \"{vendor}\",\n  \"modules\": {{}},\n  \
         \"errors\": {{}}\n}}\n"
    )
}

fn crate_manifest(name: &str, vendor: Vendor) -> String {
    let (feature, platform, keywords) = match vendor {
        Vendor::Feishu => ("feishu", "Feishu and Lark", r#""feishu", "lark", "sdk""#),
        Vendor::DingTalk => ("dingtalk", "DingTalk", r#""dingtalk", "sdk""#),
    };
    format!(
        r#"[package]
name = "{name}"
description = "Typed requests, responses and errors of the API {name} of {platform}"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
include.workspace = true
repository.workspace = true
keywords = [{keywords}]
categories.workspace = true

[features]
default = ["reqwest", "ring"]
## Include the documented samples of responses and events, for a mock server to give.
examples = []
## Receive events and callbacks.
events = ["openplat-core/events"]
## Receive them over a connection that this side opens.
long-connection = ["events", "openplat-core/long-connection"]
## Compile the built-in transport. Without it, a client needs one of another crate.
reqwest = ["openplat-core/reqwest"]
## Use ring for TLS when the process has not installed a rustls crypto provider of its own.
ring = ["openplat-core/ring"]

[dependencies]
openplat-core = {{ workspace = true, features = ["{feature}"] }}
serde.workspace = true
serde_json.workspace = true

[package.metadata.docs.rs]
all-features = true

[lints]
workspace = true
"#
    )
}

fn library(name: &str, vendor: Vendor) -> String {
    let (ty, platform) = match vendor {
        Vendor::Feishu => ("Feishu", "Feishu or Lark"),
        Vendor::DingTalk => ("DingTalk", "DingTalk"),
    };
    let ident = naming::crate_ident(name);
    let mut names = [
        "ApiError",
        "Download",
        "Error",
        "ErrorKind",
        "IfExists",
        "Items",
        "Pages",
        "Progress",
        "Response",
        "Secret",
        "UnknownValue",
        "Upload",
        "Violation",
        ty,
    ];
    names.sort_unstable();
    let names = names.join(", ");
    // The events of Feishu are generated from specs, into a module of this name.
    let events = match vendor {
        Vendor::Feishu => "",
        Vendor::DingTalk => {
            "/// Receiving events and callbacks.\n#[cfg(feature = \"events\")]\npub use \
             openplat_core::events;\n"
        }
    };
    format!(
        r#"//! The API {name} of {platform}.
//!
//! Each module holds the operations on one kind of thing: a request is a struct whose constructor
//! takes what is required and whose setters take the rest, and which is sent through a [`Client`].
//!
//! ```no_run
//! # fn run() -> Result<(), {ident}::Error> {{
//! let client = {ident}::Client::builder("app id", "app secret").build()?;
//! # drop(client);
//! # Ok(())
//! # }}
//! ```
//!
//! # Tests
//!
//! Responses and the models in them have public fields and implement [`Default`] and
//! [`Deserialize`](serde::Deserialize), so that a test can build them. Requests can be compared,
//! except for uploads.

#![doc(html_root_url = "https://docs.rs/{name}/latest")]
#![warn(missing_docs, unreachable_pub)]

#[rustfmt::skip]
mod generated;

pub use generated::error_code::ErrorCode;
pub use generated::*;
/// The runtime that all crates for these platforms share. Look here for the traits behind a client:
/// [`TokenStore`](openplat_core::TokenStore), [`Transport`](openplat_core::Transport),
/// [`Clock`](openplat_core::Clock).
pub use openplat_core;
{events}#[rustfmt::skip]
pub use openplat_core::{{{names}}};

/// A client for {platform}.
pub type Client = openplat_core::Client<{ty}>;
/// Sets up a [`Client`].
pub type ClientBuilder = openplat_core::ClientBuilder<{ty}>;
/// Sends a user's token; returned by [`Client::as_user`].
pub type AsUser = openplat_core::AsUser<{ty}>;
/// Sends a token of the app that came from elsewhere; returned by [`Client::with_token`].
pub type WithToken = openplat_core::WithToken<{ty}>;
"#
    )
}

fn readme(name: &str, vendor: Vendor) -> String {
    let (platform, guides) = match vendor {
        Vendor::Feishu => ("Feishu and Lark", "feishu-im/latest/feishu_im/guide"),
        Vendor::DingTalk => ("DingTalk", "dingtalk-convfile/latest/dingtalk_convfile/guide"),
    };
    let ident = naming::crate_ident(name);
    format!(
        r#"# {name}

The API {name} of {platform} for Rust: typed requests, responses and error codes, with tokens, rate
limits and safe retries handled by the client.

```sh
cargo add {name}
cargo add tokio --features macros,rt-multi-thread
```

```rust
fn main() -> Result<(), {ident}::Error> {{
    let client = {ident}::Client::builder("app id", "app secret").build()?;
    println!("{{client:?}}");
    Ok(())
}}
```

All operations are on [docs.rs/{name}](https://docs.rs/{name}).

| feature | what it adds |
| --- | --- |
| `events` | events and callbacks over a webhook |
| `long-connection` | events and callbacks over a WebSocket that the program opens; includes `events` |
| `examples` | the documented responses, for [`openplat-mock`](https://docs.rs/openplat-mock) |
| `reqwest` (default) | the built-in transport; without it, use [`openplat-hyper`](https://docs.rs/openplat-hyper) or one of your own |
| `ring` (default) | TLS by ring if the process has not installed another rustls provider |

## More

- [Guides](https://docs.rs/{guides}): tokens and login, errors, events, testing, migration from other
  SDKs
- [Overview of all crates]({REPOSITORY}#readme),
  [中文说明]({REPOSITORY}/blob/main/README.zh-CN.md)
- [Changelog]({REPOSITORY}/blob/main/CHANGELOG.md)

Needs Rust 1.88 or newer, tokio, and a C compiler for ring. Not affiliated with the vendors.
Licensed under [MIT]({REPOSITORY}/blob/main/LICENSE-MIT) or
[Apache 2.0]({REPOSITORY}/blob/main/LICENSE-APACHE), at your option.
"#
    )
}
