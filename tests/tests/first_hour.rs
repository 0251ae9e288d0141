//! A stranger's first hour with each crate: a fresh project gets what the install lines of a README
//! say, and its first program and its bot run against the platform on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use dingtalk_convfile::file::SendLink;
use dingtalk_storage::file::{CommitFile, GetFileUploadInfo};
use feishu_apaas::user_task::ChatGroupUserTask;
use feishu_im::message::{CreateMessage, ReplyMessage};
use openplat_core::{DingTalk, Feishu, Method};
use openplat_mock::{MockPlatform, Push};
use serde_json::json;

/// The READMEs, and a part of what their first program prints. A fragment, and the program that
/// needs a Redis, have to compile and print nothing.
const READMES: [(&str, &str); 12] = [
    ("README.md", "om_1\n"),
    ("README.zh-CN.md", "om_1\n"),
    ("crates/core/README.md", "\"Tom\"\n"),
    ("crates/dingtalk-convfile/README.md", "report.pdf"),
    ("crates/dingtalk-storage/README.md", "d-1\n"),
    ("crates/feishu-apaas/README.md", "oc_1\n"),
    ("crates/feishu-card/README.md", "All **214** tests passed."),
    ("crates/feishu-cardkit/README.md", ""),
    ("crates/feishu-im/README.md", "om_1\n"),
    ("crates/hyper/README.md", ""),
    ("crates/mock/README.md", "1 passed"),
    ("crates/token-redis/README.md", ""),
];

/// The variables of the environment that programs read.
const SECRETS: [(&str, &str); 2] =
    [("FEISHU_APP_SECRET", "secret"), ("DINGTALK_APP_SECRET", "secret")];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "compiles every crate again, which takes minutes; CI runs it"]
async fn what_the_readmes_say_works_in_fresh_projects() {
    let mock = platform().await;
    for (path, output) in READMES {
        let readme = fs::read_to_string(root().join(path)).unwrap();
        let project = Project::create(path, &readme);
        let command = if output.is_empty() { "build" } else { "run" };
        let printed = project.run(first_block(&readme), command, mock.url());
        assert!(printed.contains(output), "{path}: {printed}");
        if let Some((section, block)) = bot(&readme) {
            project.add(&format!("feishu-im --features {}", features(section).join(",")));
            let mut bot = project.start_bot(block, mock.url());
            let event = json!({
                "sender": { "sender_id": { "open_id": "ou_1" }, "sender_type": "user" },
                "message": {
                    "message_id": "om_2", "chat_type": "p2p", "message_type": "text",
                    "content": json!({ "text": path }).to_string(),
                },
            });
            let pushed = mock.push(Push::feishu("im.message.receive_v1", event));
            let acked = tokio::time::timeout(Duration::from_secs(60), pushed.ack()).await;
            // The status is that of a bot that has ended.
            assert!(acked.is_ok(), "{path}: no acknowledgment; {:?}", bot.0.try_wait());
            let replies = mock.requests_to::<ReplyMessage>();
            let reply = replies.last().unwrap().json().unwrap();
            assert_eq!(reply["content"], json!({ "text": path }).to_string());
        }
    }
}

#[test]
fn each_published_crate_has_a_first_hour() {
    for folder in fs::read_dir(root().join("crates")).unwrap() {
        let folder = folder.unwrap();
        let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        let readme = format!("crates/{}/README.md", folder.file_name().to_str().unwrap());
        let is_tried = READMES.iter().any(|(path, _)| *path == readme);
        assert!(is_tried || manifest.contains("\npublish = false\n"), "{readme}");
    }
}

/// Starts a platform that responds to the calls of the READMEs.
async fn platform() -> MockPlatform {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<CreateMessage>().data(json!({ "message_id": "om_1" }));
    mock.on::<ReplyMessage>();
    mock.on::<ChatGroupUserTask>().data(json!({ "chat_id": "oc_1" }));
    mock.on_path::<Feishu>(Method::Get, "/open-apis/contact/v3/users/{user_id}")
        .data(json!({ "user": { "name": "Tom" } }));
    let file = json!({ "id": "1", "conversationId": "c", "spaceId": "s", "parentId": "0",
        "type": "FILE", "name": "report.pdf", "path": "/report.pdf", "status": "NORMAL" });
    mock.on::<SendLink>().data(json!({ "file": file }));
    let address = format!("{}/storage", mock.url());
    mock.on::<GetFileUploadInfo>().data(json!({
        "uploadKey": "key",
        "protocol": "HEADER_SIGNATURE",
        "headerSignatureInfo": {
            "resourceUrls": [address], "headers": {}, "expirationSeconds": 900,
        },
    }));
    mock.on_path::<DingTalk>(Method::Put, "/storage").data(json!({}));
    mock.on::<CommitFile>().data(json!({ "dentry": {
        "id": "d-1", "spaceId": "s-1", "type": "FILE", "name": "report.pdf",
    }}));
    mock
}

/// A package outside the workspace.
struct Project {
    folder: PathBuf,
}

/// A program, ended when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Project {
    /// Creates a project and gives it the dependencies of a README's install lines.
    fn create(path: &str, readme: &str) -> Self {
        let name = path.trim_end_matches("/README.md").replace(['/', '.'], "-");
        let project = Self { folder: projects().join(&name) };
        drop(fs::remove_dir_all(&project.folder));
        let manifest = format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [profile.dev]\ndebug = false\nincremental = false\n\n{}\n{}",
            patches(),
            blocks(readme, "toml").collect::<String>(),
        );
        project.write("Cargo.toml", &manifest);
        project.write("src/lib.rs", "");
        // What it does not say anew is compiled once for all projects.
        fs::copy(root().join("Cargo.lock"), project.folder.join("Cargo.lock")).unwrap();
        // What a program of a README sends.
        project.write("report.pdf", "%PDF");
        let lines = blocks(readme, "sh").flat_map(str::lines);
        lines.filter_map(|line| line.strip_prefix("cargo add ")).for_each(|line| project.add(line));
        project
    }

    /// Runs `cargo add`. The crates of this workspace are taken from there.
    fn add(&self, line: &str) {
        let mut options = Vec::new();
        let mut crates = Vec::new();
        let mut words = line.split(' ');
        while let Some(word) = words.next() {
            match word {
                "--features" => options.extend([Some(word), words.next()].into_iter().flatten()),
                option if option.starts_with("--") => options.push(option),
                name => crates.push(name),
            }
        }
        for name in crates {
            let mut add = self.cargo("add");
            add.args(&options).arg(name);
            if let Some((_, folder)) = packages().find(|(package, _)| package == name) {
                add.arg("--path").arg(folder);
            }
            output(&mut add);
        }
    }

    /// Builds or runs a block of a README as what it is, and returns what it prints.
    fn run(&self, block: &str, command: &str, url: &str) -> String {
        if block.contains("fn main()") {
            self.write("src/main.rs", &aimed(block));
            return output(self.cargo(command).envs(SECRETS).env("PLATFORM", url));
        }
        let is_test = block.contains("#[tokio::test]");
        self.write(if is_test { "tests/readme.rs" } else { "src/lib.rs" }, block);
        output(&mut self.cargo("test"))
    }

    /// Starts a fragment that is given a client.
    fn start_bot(&self, block: &str, url: &str) -> Running {
        let main = "#[tokio::main]\n\
            async fn main() -> Result<(), Box<dyn std::error::Error>> {\n\
            let feishu = feishu_im::Client::builder(\"cli_1\", \"secret\").build()?;\n";
        self.write("src/bin/bot.rs", &aimed(&format!("{main}{block}Ok(())\n}}\n")));
        output(self.cargo("build").args(["--bin", "bot"]));
        let bot = target().join("debug/bot");
        Running(Command::new(bot).env("PLATFORM", url).spawn().unwrap())
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn cargo(&self, command: &str) -> Command {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([command, "--quiet"]).current_dir(&self.folder);
        cargo.env("CARGO_TARGET_DIR", target());
        cargo
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Returns the folder that all projects build in.
fn target() -> PathBuf {
    projects().join("target")
}

/// Returns the folder of all projects, which is removed once the step of CI has passed.
fn projects() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("apart").join("first-hour")
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}\n{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// Returns the names and the folders of the crates of this workspace.
fn packages() -> impl Iterator<Item = (String, PathBuf)> {
    fs::read_dir(root().join("crates")).unwrap().map(|folder| {
        let folder = folder.unwrap().path().canonicalize().unwrap();
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = ")).unwrap();
        (name.trim_matches('"').to_owned(), folder)
    })
}

/// Stands in for crates.io, for dependencies that a README writes as TOML.
fn patches() -> String {
    let patches = packages().map(|(name, folder)| format!("{name} = {{ path = {folder:?} }}\n"));
    format!("[patch.crates-io]\n{}", patches.collect::<String>())
}

/// Sends what a program does to the platform on this machine. Nothing may reach the real one.
fn aimed(program: &str) -> String {
    let mut parts = program.split("::builder(");
    let mut aimed = parts.next().unwrap().to_owned();
    for part in parts {
        // A client is built from an ID and a secret, a card from nothing.
        let is_client = !part.starts_with(')');
        let aim = if is_client { ".base_url(std::env::var(\"PLATFORM\")?)" } else { "" };
        let (builder, rest) = part.split_once(".build()?").unwrap();
        aimed += &format!("::builder({builder}{aim}.build()?{rest}");
    }
    aimed
}

#[test]
fn a_client_that_is_built_over_lines_is_aimed_as_well() {
    let program = "Client::builder(\n    \"cli_1\",\n    secret,\n)\n.build()?;";
    let aimed = aimed(program);
    assert!(aimed.ends_with("\n.base_url(std::env::var(\"PLATFORM\")?).build()?;"), "{aimed}");
    assert_eq!(self::aimed("Card::builder().build()?"), "Card::builder().build()?");
}

fn blocks<'a>(readme: &'a str, language: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let fence = format!("{language}\n");
    let blocks = readme.split("```").skip(1).step_by(2);
    blocks.filter_map(move |block| block.strip_prefix(fence.as_str()))
}

fn first_block(readme: &str) -> &str {
    blocks(readme, "rust").next().unwrap()
}

/// Returns the first section with a bot in it, and the bot.
fn bot(readme: &str) -> Option<(&str, &str)> {
    let section = readme.split("\n## ").find(|section| section.contains("LongConnection::new"))?;
    Some((section, first_block(section)))
}

/// Returns the features of `feishu-im` that a section names.
fn features(section: &str) -> Vec<String> {
    let manifest = fs::read_to_string(root().join("crates/feishu-im/Cargo.toml")).unwrap();
    let features = manifest.split("[features]\n").nth(1).unwrap().split("\n[").next().unwrap();
    let names = features.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    let named = names.filter(|name| section.contains(&format!("`{name}`")));
    let named: Vec<_> = named.map(str::to_owned).collect();
    assert!(!named.is_empty(), "the section names no feature:\n{section}");
    named
}
