//! The table of the checks, those first that fail within seconds.

use super::{Run, Step, alone, lowest, mutants};
use crate::release::{self, compatibility};

use Run::{Commands, Function, SinceRelease};

/// Without ring, which is compiled by a C compiler for the target.
const OTHER_SYSTEMS: &str = "CARGO_TARGET_DIR=target/apart cargo check --no-default-features \
    --target x86_64-pc-windows-gnu --target aarch64-apple-darwin \
    --package feishu-im --features feishu-im/gbk,feishu-im/long-connection,feishu-im/markdown \
    --package feishu-apaas --features feishu-apaas/reqwest \
    --package feishu-cardkit --features feishu-cardkit/streaming \
    --package dingtalk-convfile --features dingtalk-convfile/events,dingtalk-convfile/storage \
    --package openplat-hyper --features openplat-hyper/http2,openplat-hyper/socks \
    --package openplat-mock";
const TESTS: &str = "Run the test by its name, which is shown above, and fix what it shows.";

/// The steps that need other servers than package registries: a database of advisories, and rustup's
/// toolchains.
pub const NEED_INTERNET: &[&str] = &["advisories", "msrv", "targets"];

pub const STEPS: &[Step] = &[
    Step {
        name: "format",
        shows: "The code is laid out by rustfmt",
        needs: &[],
        run: Commands(&["cargo fmt --all --check"]),
        help: "Run `cargo fmt --all`.",
    },
    Step {
        name: "spelling",
        shows: "Words are spelled correctly, the American way",
        needs: &["typos --version"],
        run: Commands(&["typos"]),
        help: "Run `typos --write-changes`. Add names and IDs to `_typos.toml`.",
    },
    Step {
        name: "words",
        shows: "Texts use the words of the field",
        needs: &[],
        run: Commands(&["cargo xtask words"]),
        help: "Use the better word that is named. The list holds older places too: yours are in \
               `git diff main`.",
    },
    Step {
        name: "links",
        shows: "Links between the Markdown files lead to files and headings that exist",
        needs: &["lychee --version"],
        run: Commands(&["lychee --offline --include-fragments --no-progress \
             *.md crates/*/README.md openapi/*.md specs/*.md"]),
        help: "Correct the links that are listed above.",
    },
    Step {
        name: "unused",
        shows: "Every dependency of a manifest is used",
        needs: &["cargo shear --version"],
        run: Commands(&["cargo shear"]),
        help: "Remove the dependencies that are listed above, or run `cargo shear --fix`.",
    },
    Step {
        name: "deny",
        shows: "Licenses, sources and duplicates of the dependencies are those of `deny.toml`",
        needs: &["cargo deny --version"],
        run: Commands(&["cargo deny check --hide-inclusion-graph bans licenses sources"]),
        help: "Choose another version or crate: `cargo tree --invert` with the crate says what needs \
               it. An exception needs a reason in `deny.toml`.",
    },
    Step {
        name: "advisories",
        shows: "No dependency has a known vulnerability",
        needs: &["cargo deny --version", "cargo deny fetch db"],
        run: Commands(&["cargo deny check advisories"]),
        help: "Run `cargo update --package` with the crate that is named above.",
    },
    Step {
        name: "codegen",
        shows: "The generated code is what the specs say",
        needs: &[],
        run: Commands(&["cargo xtask codegen --check"]),
        help: "Run `cargo xtask codegen` and commit its output with the specs.",
    },
    Step {
        name: "openapi",
        shows: "The OpenAPI documents are what the specs say, and valid with all their examples",
        needs: &["python -m openapi_spec_validator --version"],
        run: Commands(&[
            "cargo xtask openapi --check",
            "python -B -m unittest discover tests/openapi",
            "python -B tests/openapi/validate.py",
        ]),
        help: "Run `cargo xtask openapi` and commit its output with the specs. If a document is \
               invalid, correct the spec or `xtask/src/openapi`, never the document.",
    },
    Step {
        name: "catalog",
        shows: "The page of all operations and events works in a browser, without a network",
        needs: &[
            "node --version",
            "chromium --version",
            "test -d target/tools/node_modules/playwright-core",
        ],
        run: Commands(&["cargo xtask catalog", "node xtask/tests/catalog.mjs"]),
        help: "Open `target/catalog.html` in a browser, or the screenshots in `target/catalog`.",
    },
    Step {
        name: "clippy",
        shows: "No lint warns, with all features",
        needs: &[],
        run: Commands(&["cargo clippy --workspace --all-targets --all-features -- -Dwarnings"]),
        help: "Follow the lint's advice. An exception needs `#[expect(.., reason = \"..\")]`.",
    },
    Step {
        name: "docs",
        shows: "The documentation builds with all features, and its links lead to items",
        needs: &[],
        run: Commands(&["RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --all-features"]),
        help: "Correct the links that are named above.",
    },
    Step {
        name: "features",
        shows: "Each crate compiles alone: without features, with each of them, with all; and is \
                documented with its default features",
        needs: &["cargo hack --version"],
        run: Commands(&[
            "CARGO_TARGET_DIR=target/apart \
             cargo hack clippy --workspace --ignore-private --each-feature -- -Dwarnings",
            "CARGO_TARGET_DIR=target/apart RUSTDOCFLAGS=-Dwarnings \
             cargo hack doc --workspace --ignore-private --no-deps",
        ]),
        help: "Run the `cargo clippy` or `cargo doc` that is named above. The build of the workspace \
               unifies features and hides this. A link to what a feature adds needs that feature too: \
               `#[cfg_attr(feature = \"..\", doc = \"..\")]`.",
    },
    Step {
        name: "one-vendor",
        shows: "A program for DingTalk compiles no code of Feishu",
        needs: &[],
        run: Function(alone::compiles_one_vendor),
        help: "Put the module behind the feature of its vendor in `crates/core`.",
    },
    Step {
        name: "no-reqwest",
        shows: "Without its default features, no crate compiles reqwest",
        needs: &[],
        run: Function(alone::leaves_out_reqwest),
        help: "A dependency on the way to it lacks `default-features = false`, or asks for `reqwest`.",
    },
    Step {
        name: "demo",
        shows: "Calls of every crate with operations work against a local platform",
        needs: &[],
        run: Commands(&["cargo xtask demo"]),
        help: "The last call above failed. Fix the crate, or `crates/demo` if it expects too much.",
    },
    Step {
        name: "tests",
        shows: "The tests pass",
        needs: &[],
        run: Commands(&["cargo test --workspace"]),
        help: TESTS,
    },
    Step {
        name: "network",
        shows: "The tests of the network pass with its optional features, which change what is sent",
        needs: &[],
        run: Commands(&["cargo test --package openplat-tests --features network --lib network::"]),
        help: TESTS,
    },
    Step {
        name: "hyper",
        shows: "The end-to-end tests pass over openplat-hyper",
        needs: &[],
        run: Commands(&[
            "OPENPLAT_TRANSPORT=hyper cargo test --package openplat-tests",
            "OPENPLAT_TRANSPORT=hyper \
             cargo test --package openplat-tests --features network --lib network::",
        ]),
        help: "Run the test with `OPENPLAT_TRANSPORT=hyper` in the environment.",
    },
    Step {
        name: "prism",
        shows: "Prism accepts the requests of all operations, and its responses decode",
        needs: &["prism --version", "python --version"],
        run: Commands(&[
            "cargo test --package openplat-tests --test ecosystem -- --ignored calls::",
            "OPENPLAT_PLATFORM=prism cargo test --package openplat-tests --lib generated::",
        ]),
        help: "Prism says above where a request or a response differs from its document. Correct the \
               spec, `xtask/src/openapi`, or what the client sends.",
    },
    Step {
        name: "client",
        shows: "A client in Python that is generated from a document calls the mock",
        needs: &["openapi-python-client --version"],
        run: Commands(&[
            "cargo test --package openplat-tests --test ecosystem -- --ignored python::",
        ]),
        help: "If the generator warns, write what it does not understand another way in \
               `xtask/src/openapi`. If a name changed, adapt `tests/openapi/call_mock.py`.",
    },
    Step {
        name: "core",
        shows: "The unit tests of core pass with all features",
        needs: &[],
        run: Commands(&["cargo test --package openplat-core --all-features --lib"]),
        help: TESTS,
    },
    Step {
        name: "mutants",
        shows: "Tests of core notice mutants of the lines that differ from the main branch",
        needs: &["cargo mutants --version"],
        run: Function(mutants::are_noticed),
        help: "Write the test that notices the change, or remove code that nothing depends on. \
               `.cargo/mutants.toml` gives a reason for each exception.",
    },
    Step {
        name: "redis",
        shows: "The token store works with a real Redis",
        needs: &["redis-server --version"],
        run: Commands(&[
            "cargo test --package openplat-token-redis --all-features --test redis -- \
             --include-ignored",
        ]),
        help: TESTS,
    },
    Step {
        name: "day",
        shows: "A bad day over sockets, where time cannot be paused, loses nothing",
        needs: &[],
        run: Commands(&[
            "cargo test --package openplat-tests --test day -- --ignored",
            "OPENPLAT_TRANSPORT=hyper cargo test --package openplat-tests --test day -- --ignored",
        ]),
        help: TESTS,
    },
    Step {
        name: "compilers",
        shows: "Mistakes do not compile, the generator builds without its output, and four \
                commands lead from pages to calls",
        needs: &[],
        run: Commands(&[
            "cargo test --package openplat-tests --lib -- --ignored",
            "cargo test --package xtask -- --ignored",
        ]),
        help: "Fix what the test shows. If only a compiler message changed, accept it as \
               CONTRIBUTING.md says.",
    },
    Step {
        name: "first-hour",
        shows: "The install lines and programs of all READMEs work in fresh projects",
        needs: &[],
        run: Commands(&["cargo test --package openplat-tests --test first_hour -- --ignored"]),
        help: "The project is in `target/apart/first-hour`. Correct the README, in both languages.",
    },
    Step {
        name: "publish",
        shows: "Each crate can be packaged and built from its package",
        needs: &[],
        run: Commands(&[release::PUBLISH]),
        help: "A file that is missing from a package needs a pattern in `include` of `Cargo.toml`.",
    },
    Step {
        name: "semver",
        shows: "Programs for the last release compile with this one, unless the version is raised",
        needs: &[compatibility::TOOL],
        run: SinceRelease(compatibility::holds),
        help: "Keep what is named above, as `#[deprecated]` if need be. If the break is worth it, \
               raise the version: `cargo xtask release --only-version` with the next one.",
    },
    Step {
        name: "lowest",
        shows: "The crates compile with the lowest versions that their manifests allow",
        needs: &[],
        run: Function(lowest::compiles),
        help: "Raise the version in `Cargo.toml` to one that has what the code uses.",
    },
    Step {
        name: "msrv",
        shows: "The crates compile with the oldest Rust that they promise",
        needs: &["cargo hack --version", "rustup toolchain install 1.88 --profile minimal"],
        run: Commands(&["CARGO_TARGET_DIR=target/apart \
             cargo hack check --rust-version --workspace --ignore-private --all-features"]),
        help: "Use an older API, or raise `rust-version`, here, in the READMEs and in the changelog.",
    },
    Step {
        name: "targets",
        shows: "The crates compile for Windows and macOS",
        needs: &["rustup target add x86_64-pc-windows-gnu aarch64-apple-darwin"],
        run: Commands(&[OTHER_SYSTEMS]),
        help: "Put what only one system has behind `#[cfg(..)]`.",
    },
    Step {
        name: "bench",
        shows: "A call costs no more instructions, allocations, crates and bytes than on record",
        needs: &["valgrind --version"],
        run: Commands(&["cargo xtask bench --check"]),
        help: "Find what grew. If it is worth it, run `cargo xtask bench --accept`.",
    },
];
