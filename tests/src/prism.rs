//! Prism, a server that responds with the examples of an OpenAPI document and refuses requests that
//! differ from it.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use openplat_core::{Call, Client, Error, Output, Strictness, Vendor};

use crate::tested::Tested;

/// A Prism that serves a document. It ends when this is dropped.
pub(crate) struct Prism {
    process: Child,
    url: String,
    log: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

/// Ends Prism when its standard input ends, as it does when this process ends.
const OPTIONS: &str = "--import=data:text/javascript,process.stdin.resume().on('end',process.exit)";

impl Prism {
    /// Serves an API on a port of its own.
    pub(crate) fn serve(api: &str) -> Self {
        let mut prism = Command::new("prism");
        prism.args(["mock", "--errors", "--host", "127.0.0.1", "--port", "0"]).arg(document(api));
        prism.env("NODE_OPTIONS", OPTIONS).env("NO_COLOR", "1");
        let process = prism.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = started(&prism, process);
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let lines = stdout.split(b'\n').map_while(Result::ok);
        let mut lines = lines.map(|line| String::from_utf8_lossy(&line).into_owned());
        let mut log = Vec::new();
        let url = loop {
            let Some(line) = lines.next() else { panic!("Prism ended:\n{}", log.join("\n")) };
            if let Some((_, url)) = line.split_once("listening on ") {
                break url.trim().to_owned();
            }
            log.push(line);
        };
        let log = Arc::new(Mutex::new(log));
        let kept = log.clone();
        let reader = thread::spawn(move || lines.for_each(|line| kept.lock().unwrap().push(line)));
        Self { process, url, log, reader }
    }

    /// Returns a client that calls Prism.
    pub(crate) fn client<V: Vendor>(&self) -> Client<V> {
        let builder = Client::builder("app", "secret").over::<Tested>().base_url(&self.url);
        builder.build().unwrap()
    }

    /// Returns the output of a call to it, of which every part has to be understood.
    pub(crate) async fn output<T: Output>(&self, call: Call<T>) -> T {
        self.unwrap(call.strictness(Strictness::Strict).await)
    }

    /// Unwraps the result of a call, or panics with what Prism said until now.
    pub(crate) fn unwrap<T>(&self, result: Result<T, Error>) -> T {
        result.unwrap_or_else(|error| panic!("{error}\n{}", violations(&self.log)))
    }

    /// Ends Prism, and returns what it said of requests and responses that differ from the document.
    pub(crate) fn end(mut self) -> String {
        drop(self.process.stdin.take());
        let status = self.process.wait().unwrap();
        self.reader.join().unwrap();
        assert!(status.success(), "Prism: {status}\n{}", self.log.lock().unwrap().join("\n"));
        violations(&self.log)
    }
}

fn violations(log: &Mutex<Vec<String>>) -> String {
    let log = log.lock().unwrap();
    let lines = log.iter().filter(|line| line.contains('✖') || line.contains('⚠'));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Returns the path of a copy of an API's document, in which objects are closed.
fn document(api: &str) -> PathBuf {
    static WRITER: Mutex<()> = Mutex::new(());
    let _writer = WRITER.lock().unwrap();
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut python = Command::new("python");
    python.args(["-B", "tests/openapi/closed.py", &format!("openapi/{api}.json")]);
    let printed = run(python.current_dir(root));
    let path = root.join(format!("target/openapi/{api}.json"));
    // Prism restarts when a file changes.
    if fs::read_to_string(&path).is_ok_and(|copy| copy == printed) {
        return path;
    }
    fs::create_dir_all(root.join("target/openapi")).unwrap();
    fs::write(&path, printed).unwrap();
    path
}

/// Runs a tool and returns what it prints. If it fails, panics with that.
pub(crate) fn run(tool: &mut Command) -> String {
    let output = tool.output();
    let output = started(tool, output);
    let printed = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool:?} failed:\n{printed}{errors}");
    printed
}

fn started<T>(tool: &Command, result: io::Result<T>) -> T {
    result.unwrap_or_else(|error| {
        panic!(
            "{tool:?} cannot be started: {error}. `.ci/run --list` installs the tools. Put \
             `target/tools/bin` and `target/tools/node_modules/.bin` in PATH."
        )
    })
}
