//! A folder of its own for each test, with pages and specs in it, and the command to run.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const XTASK: &str = env!("CARGO_BIN_EXE_xtask");

pub struct Lab(TempDir);

/// What a run printed.
pub struct Run {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// The changes, one on a line.
    pub fn changes(&self) -> Vec<String> {
        let is_change = |line: &&str| line.starts_with("additive") || line.starts_with("breaking");
        let lines = self.out.lines().chain(self.err.lines());
        lines.filter(is_change).map(str::to_owned).collect()
    }
}

impl Lab {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Runs git in the folder, and returns what it prints.
    pub fn git(&self, args: &[&str]) -> String {
        let done = Command::new("git")
            .current_dir(self.0.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .args(["-c", "user.name=Harbor", "-c", "user.email=harbor@example.com"])
            .args(args)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub fn write(&self, path: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, contents).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    /// Replaces `old`, which must be there, by `new`.
    pub fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} holds no {old:?}");
        self.write(path, text.replacen(old, new, 1));
    }

    /// `cargo xtask` in the folder, which is the root of a workspace to it.
    pub fn xtask(&self, args: &[&str]) -> Run {
        self.piped(args, b"")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = program(XTASK);
        command.arg("--root").arg(self.0.path()).args(args).current_dir(self.0.path());
        command
    }

    /// The command in another environment.
    pub fn xtask_with(&self, variables: &[(&str, PathBuf)], args: &[&str]) -> Run {
        finished(self.command(args).envs(variables.iter().cloned()).output().unwrap())
    }

    /// The command where no file can have more than so many blocks of 512 bytes.
    pub fn xtask_with_small_files(&self, blocks: u64, args: &[&str]) -> Run {
        // Without the trap, the process would be killed instead of told.
        self.limited("trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", blocks, args)
    }

    /// The command, killed when it writes a file of more than so many blocks of 512 bytes.
    pub fn xtask_killed_at(&self, blocks: u64, args: &[&str]) {
        let run = self.limited("ulimit -c 0; ulimit -f \"$0\"; exec \"$@\"", blocks, args);
        assert!(!run.ok && run.err.is_empty(), "{}{}", run.out, run.err);
    }

    fn limited(&self, line: &str, blocks: u64, args: &[&str]) -> Run {
        let mut command = program("sh");
        command.args(["-c", line, &blocks.to_string(), XTASK, "--root"]);
        command.arg(self.0.path()).args(args).current_dir(self.0.path());
        finished(command.output().unwrap())
    }

    /// The command in another environment, with an output that takes nothing.
    pub fn xtask_onto_a_full_disk(&self, variables: &[(&str, PathBuf)], args: &[&str]) -> Run {
        let mut command = self.command(args);
        command.envs(variables.iter().cloned()).stdout(File::create("/dev/full").unwrap());
        finished(command.output().unwrap())
    }

    /// Copies the workspace without its history and what is built.
    pub fn copy_workspace(&self) {
        copy(&workspace(), self.0.path());
    }

    pub fn piped(&self, args: &[&str], input: &[u8]) -> Run {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who refuses its arguments does not read.
        let _ = child.stdin.take().unwrap().write_all(input);
        finished(child.wait_with_output().unwrap())
    }

    /// The command in a folder below this one, as Cargo starts it for a package if there is one.
    pub fn xtask_in(&self, folder: &str, package: Option<&Path>, args: &[&str]) -> Run {
        let mut command = program(XTASK);
        command.current_dir(self.path(folder)).args(args);
        match package {
            Some(package) => command.env("CARGO_MANIFEST_DIR", package),
            None => command.env_remove("CARGO_MANIFEST_DIR"),
        };
        finished(command.output().unwrap())
    }

    /// Distils the folder `pages` into `specs`, which must succeed and pass as specs.
    pub fn distil(&self) -> Run {
        let run = self.xtask(&["distill", "pages", "--api", "harbor", "--write", "--verbose"]);
        assert!(run.ok, "{}", run.err);
        let operations = self.xtask(&["operations", "--json"]);
        assert!(operations.ok, "{}", operations.err);
        run
    }

    /// Every spec with its text, sorted.
    pub fn specs(&self) -> String {
        let mut files = Vec::new();
        collect(&self.path("specs"), &mut files);
        files.sort();
        let texts = files.iter().map(|file| {
            let path = file.strip_prefix(self.path("specs")).unwrap();
            format!("==> {}\n{}", path.display(), std::fs::read_to_string(file).unwrap())
        });
        texts.collect()
    }
}

/// A program without the variables that the tests themselves may run with.
fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env_remove("CLICOLOR_FORCE").env_remove("INSTA_UPDATE");
    command
}

/// The root of this workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let name = from.file_name().unwrap();
        if name == "target" || name == ".git" {
            continue;
        }
        match from.is_dir() {
            true => copy(&from, &to.join(name)),
            false => drop(std::fs::copy(&from, to.join(name)).unwrap()),
        }
    }
}

fn finished(output: Output) -> Run {
    let Output { status, stdout, stderr } = output;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { ok: status.success(), out: text(stdout), err: text(stderr) }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
