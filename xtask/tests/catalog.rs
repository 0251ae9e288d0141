//! The page of all operations and events: that it is complete, and that nothing in a spec becomes
//! more than text. Whether it works in a browser is tried by `catalog.mjs`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use xtask::catalog::{Page, curl, render};
use xtask::codegen::ir::{Api, Operation, SentBody};
use xtask::codegen::{event_example, example_call, lower, operation_example};
use xtask::operations::{host, list, list_events};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn published() -> Vec<Api> {
    let mut apis = lower(root()).unwrap();
    apis.retain(|api| api.name != "showcase");
    apis
}

/// The data in a page, which ends where a browser sees the end.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("<script id=\"data\" type=\"application/json\">").unwrap();
    let (data, _) = rest.split_once("</script").unwrap();
    serde_json::from_str(data).unwrap()
}

fn array<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn ids<'a>(entries: impl Iterator<Item = &'a Value>) -> BTreeSet<&'a str> {
    entries.filter_map(|entry| entry["id"].as_str()).collect()
}

#[test]
fn every_published_operation_and_event_is_on_the_page() {
    let page = render(root(), &lower(root()).unwrap()).unwrap();
    let apis = published();
    let (operations, events) = (list(&apis), list_events(&apis));
    assert_eq!((page.operations, page.events), (operations.len(), events.len()));
    let data = data(&page.html);
    let crates = || array(&data, "crates");
    let modules = crates().flat_map(|of| array(of, "modules"));
    let shown = modules.flat_map(|module| array(module, "operations"));
    assert_eq!(ids(shown), operations.iter().map(|entry| entry.id.as_str()).collect());
    let shown = crates().flat_map(|of| array(of, "events"));
    assert_eq!(ids(shown), events.iter().map(|entry| entry.id.as_str()).collect());
    for id in operations.iter().map(|entry| &entry.id).chain(events.iter().map(|entry| &entry.id)) {
        let places = page.html.matches(&format!("<li id=\"{id}\">")).count();
        assert_eq!(places, 1, "{id}");
    }
}

#[test]
fn what_a_page_names_is_on_it() {
    let Page { html: page, .. } = render(root(), &lower(root()).unwrap()).unwrap();
    let data = data(&page);
    for of in array(&data, "crates") {
        let codes: Vec<_> = array(of, "codes").map(|code| &code["code"]).collect();
        let operations = array(of, "modules").flat_map(|module| array(module, "operations"));
        for operation in operations {
            assert!(operation["rust"].as_str().unwrap().lines().count() > 2, "{operation}");
            for code in array(operation, "codes") {
                assert!(codes.contains(&code), "{code} of {}", operation["id"]);
            }
        }
        for event in array(of, "events") {
            assert!(event["rust"].as_str().unwrap().contains("Listener::new("), "{event}");
            assert!(event["curl"].is_string(), "{event}");
        }
    }
}

/// A field has one name on the page: that on the wire.
#[test]
fn sentences_name_fields_as_the_page_does() {
    let page = render(root(), &lower(root()).unwrap()).unwrap().html;
    let data = data(&page);
    let apis = published();
    let models = apis.iter().flat_map(Api::type_defs).filter_map(|def| def.as_model());
    let mut renamed = 0;
    for model in models {
        let of = array(&data, "crates")
            .find_map(|of| of["types"].get(&model.name)?["fields"].as_array());
        for (field, shown) in model.fields.iter().zip(of.into_iter().flatten()) {
            let siblings = model.fields.iter().filter(|other| other.rust != other.wire);
            for other in siblings.filter(|other| field.doc.contains(&format!("`{}`", other.rust))) {
                let doc = shown["doc"].as_str().unwrap();
                assert!(doc.contains(&format!("`{}`", other.wire)), "{doc}");
                renamed += 1;
            }
        }
    }
    assert!(renamed > 0);
}

#[test]
fn codes_that_any_operation_can_respond_with_are_on_the_page() {
    let page = render(root(), &lower(root()).unwrap()).unwrap().html;
    let data = data(&page);
    let feishu = array(&data, "platforms").find(|platform| platform["name"] == "feishu").unwrap();
    assert!(array(feishu, "crates").any(|name| name == "feishu-im"));
    assert!(array(feishu, "crates").all(|name| name != "showcase"));
    let token = array(feishu, "codes").find(|code| code["code"] == "99991663").unwrap();
    assert_eq!((&token["kind"], &token["http"]), (&"unauthenticated".into(), &400.into()));
    assert!(token["advice"].as_str().is_some_and(|advice| !advice.is_empty()), "{token}");
}

#[test]
fn the_page_is_small_and_the_same_each_time() {
    let apis = lower(root()).unwrap();
    let Page { html: page, .. } = render(root(), &apis).unwrap();
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(page == render(root(), &lower(root()).unwrap()).unwrap().html);
}

/// The examples are doc tests, which the compiler reads.
#[test]
fn the_examples_are_those_of_the_docs() {
    let is_in = |api: &Api, path: &str, lines: Vec<String>| {
        let file = root().join(format!("crates/{}/src/generated/{path}.rs", api.name));
        let source = fs::read_to_string(&file).unwrap();
        let lines = lines.iter().map(|line| format!("/// {line}").trim_end().to_owned());
        let lines = lines.collect::<Vec<_>>().join("\n");
        assert!(source.contains(&lines), "{}:\n{lines}", file.display());
    };
    for api in published() {
        for module in &api.modules {
            for operation in &module.operations {
                let path = format!("{}/{}", module.name, operation.file);
                is_in(&api, &path, operation_example(&api, module, operation));
            }
        }
        for event in &api.events {
            is_in(&api, &format!("events/{}", event.file), event_example(&api, event));
        }
    }
}

/// The words that a shell makes of a command line.
fn words(lines: &str) -> Vec<String> {
    let script = format!("TOKEN=t-1; curl() {{ printf '%s\\0' \"$@\"; }}; {lines}");
    let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{lines}\n{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

fn after<'a>(words: &'a [String], option: &str) -> Vec<&'a str> {
    let pairs = words.iter().zip(words.iter().skip(1));
    pairs.filter(|(word, _)| *word == option).map(|(_, value)| value.as_str()).collect()
}

#[cfg(unix)]
#[test]
fn curl_sends_what_the_example_sends() {
    for api in lower(root()).unwrap() {
        for operation in api.modules.iter().flat_map(|module| &module.operations) {
            check_curl(&api, operation);
        }
    }
}

fn check_curl(api: &Api, operation: &Operation) {
    let line = curl(api, operation);
    let (words, call) = (words(&line), example_call(api, operation));
    assert_eq!(after(&words, "-X"), [operation.method.as_str()], "{line}");
    let url = format!("https://{}{}", host(api, operation), call.target);
    assert!(words.iter().any(|word| word.starts_with(&url)), "{line}");
    assert!(!line.contains("t-1") && words.iter().any(|word| word.contains("t-1")), "{line}");
    match &call.body {
        None => assert!(after(&words, "-d").is_empty() && after(&words, "-F").is_empty(), "{line}"),
        Some(SentBody::Json(body)) => {
            let sent: Value = serde_json::from_str(after(&words, "-d")[0]).unwrap();
            assert_eq!(sent, *body, "{line}");
        }
        Some(SentBody::Form(fields)) => {
            let files = after(&words, "-F");
            let texts = after(&words, "--form-string");
            assert_eq!(files.len() + texts.len(), fields.len(), "{line}");
            assert!(files.iter().all(|file| file.contains("=@")), "{line}");
            for (name, text) in fields {
                let is_text = texts.contains(&format!("{name}={text}").as_str());
                let is_file = files.contains(&format!("{name}=@path/to/{text}").as_str());
                assert!(is_text || is_file, "{line}");
            }
        }
    }
}

/// What would end the script, begin markup or leave the quotes, wherever a spec can say it.
#[test]
fn a_hostile_spec_stays_text() {
    const HOSTILE: &str = r#"</script><img src=x onerror=alert(1)><!--{{data}}'"&amp;"#;
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let sentence = json(&format!("Says {HOSTILE} or `{HOSTILE}`."));
    let value = json(HOSTILE);
    let source = json("https://example.com/\"><u>");
    write("Cargo.toml", "[workspace.package]\nversion = \"0.1.0\"\n");
    write(
        "crates/im/Cargo.toml",
        &format!("[package]\ndescription = '''{HOSTILE}: more'''\n[features]\nevents = []\n"),
    );
    write(
        "specs/im/api.json",
        &format!(r#"{{ "vendor": "feishu", "modules": {{ "chat": {sentence} }} }}"#),
    );
    write(
        "specs/im/chat.say.json",
        &format!(
            r#"{{
                "id": "chat.say", "aliases": ["say"], "doc": {sentence},
                "source": {source}, "method": "POST", "path": "/say",
                "tokens": ["tenant"], "scopes": [{value}], "rate": "1/s",
                "body": [{{ "name": "text", "type": "string", "doc": {sentence}, "required": true, "example": {value} }}],
                "response": [{{ "name": "text", "type": "string", "doc": {sentence} }}],
                "examples": {{ "response": {{ "code": 0, "msg": "", "data": {{ "text": {value} }} }} }}
            }}"#
        ),
    );
    let apis = lower(folder.path()).unwrap_or_else(|error| match error {
        xtask::codegen::Error::Specs(faults) => panic!("{}", faults.render(false, usize::MAX)),
        error => panic!("{error}"),
    });
    let Page { html: page, .. } = render(folder.path(), &apis).unwrap();
    let data = data(&page);
    let operation = &data["crates"][0]["modules"][0]["operations"][0];
    assert_eq!(operation["scopes"][0], HOSTILE);
    assert_eq!(operation["example"]["data"]["text"], HOSTILE);
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<img") && !page.contains("<!--") && !page.contains("<u>"));
    let words = words(operation["curl"].as_str().unwrap());
    let body: Value = serde_json::from_str(after(&words, "-d")[0]).unwrap();
    assert_eq!(body["text"], HOSTILE);
}
