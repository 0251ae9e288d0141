//! What must be true of every document.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::{Value, json};
use xtask::codegen::ir::{Body, Field, Presence, SentBody, TypeDef, Vendor};
use xtask::operations::{self, Entry, Member};

use crate::document::{Document, all, root, text, visit};

const JSON: &str = "application/json";

#[test]
fn every_operation_is_described_with_all_that_is_sent() {
    for document in all() {
        let entries = operations::list(std::slice::from_ref(&document.api));
        assert_eq!(document.operations().count(), entries.len(), "{}", document.api.name);
        for entry in entries {
            check_operation(document, &entry);
        }
    }
}

fn check_operation(document: &Document, entry: &Entry) {
    let id = &entry.id;
    let mut operations = document.operations();
    let is_meant = |(_, _, operation): &(&str, &str, &Value)| operation["operationId"] == **id;
    let (path, method, operation) = operations.find(is_meant).unwrap();
    let template = entry.path.split('/').map(|part| match part.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => part.to_owned(),
    });
    assert_eq!(path, template.collect::<Vec<_>>().join("/"));
    assert_eq!(method.to_uppercase(), entry.method, "{id}");
    let parameters = |place: &str| {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.filter(|parameter| parameter["in"] == place);
        parameters.map(name_and_required).collect::<Vec<_>>()
    };
    assert_eq!(parameters("path"), members(&entry.path_params), "{id}");
    assert_eq!(parameters("query"), members(&entry.query), "{id}");
    let security = operation["security"].as_array().unwrap().iter();
    let tokens: BTreeSet<_> = security.flat_map(|one| one.as_object().unwrap().keys()).collect();
    assert!(
        tokens.iter().all(|name| !document.json["components"]["securitySchemes"][name].is_null())
    );
    assert_eq!(tokens.len(), entry.tokens.len(), "{id}");
    assert_eq!(texts(&operation["x-openplat-scopes"]), entry.scopes, "{id}");
    assert_eq!(texts(&operation["x-openplat-errors"]), entry.errors, "{id}");
    assert_eq!(operation.get("x-openplat-paging").is_some(), entry.paged, "{id}");
    let content = &operation["requestBody"]["content"];
    assert_eq!(content.get("multipart/form-data").is_some(), entry.multipart, "{id}");
    let success = &operation["responses"]["200"]["content"];
    assert_eq!(success.get("application/octet-stream").is_some(), entry.download, "{id}");
}

fn name_and_required(parameter: &Value) -> (String, bool) {
    let name = parameter["name"].as_str().unwrap().to_owned();
    (name, parameter.get("required") == Some(&json!(true)))
}

fn members(members: &[Member]) -> Vec<(String, bool)> {
    members.iter().map(|member| (member.name.clone(), member.required)).collect()
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts.map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_event_is_a_webhook() {
    for document in all() {
        let events = operations::list_events(std::slice::from_ref(&document.api));
        let mut ids: Vec<_> = events.iter().map(|event| event.id.as_str()).collect();
        ids.sort_unstable();
        let mut webhooks: Vec<_> = document.webhooks().map(|(id, _)| id).collect();
        if document.api.vendor == Vendor::Feishu && !ids.is_empty() {
            assert_eq!(webhooks.pop(), Some("url_verification"));
        }
        assert_eq!(webhooks, ids);
        for event in events {
            let (_, webhook) = document.webhooks().find(|(id, _)| *id == event.id).unwrap();
            let answer = &webhook["responses"]["200"]["content"];
            assert_eq!(!answer.is_null(), event.answer.is_some(), "{}", event.id);
            let schema = &webhook["requestBody"]["content"][JSON]["schema"];
            match event.schema {
                "2.0" => {
                    let header = &schema["properties"]["header"]["properties"];
                    assert_eq!(header["event_type"]["const"], event.id);
                    let created = header["create_time"]["description"].as_str().unwrap();
                    assert_eq!(created.contains("microseconds"), event.answer.is_some());
                    assert_eq!(created.contains("milliseconds"), event.answer.is_none());
                }
                "1.0" => {
                    assert_eq!(schema["properties"]["type"]["const"], "event_callback");
                    let example = &webhook["requestBody"]["content"][JSON]["example"];
                    assert_eq!(document.faults(schema, example), [""; 0], "{}", event.id);
                    let mut example = example.clone();
                    example["event"]["type"] = "another".into();
                    assert_ne!(document.faults(schema, &example), [""; 0], "{}", event.id);
                }
                _ => assert!(schema["$ref"].is_string()),
            }
        }
    }
}

#[test]
fn a_webhook_learns_of_the_check_of_its_url() {
    for document in all() {
        let Some((_, check)) = document.webhooks().find(|(id, _)| *id == "url_verification") else {
            assert!(document.api.vendor != Vendor::Feishu || document.api.events.is_empty());
            continue;
        };
        let request = &check["requestBody"]["content"][JSON];
        let faults = |value| document.faults(&request["schema"], &value);
        assert_eq!(faults(request["example"].clone()), [""; 0]);
        assert_ne!(faults(json!({ "challenge": "a", "type": "event_callback" })), [""; 0]);
        let response = &check["responses"]["200"]["content"][JSON]["example"];
        assert_eq!(*response, json!({ "challenge": request["example"]["challenge"] }));
    }
}

/// Members of cards and of JSON in strings that have the name of a function.
const WIRE: [&str; 5] = ["config", "markdown", "md", "new", "tag"];

#[test]
fn no_word_of_a_document_means_something_in_rust_alone() {
    for document in all() {
        let items = ["core", "feishu-card", &document.api.name].map(public_items).concat();
        let mut names = BTreeSet::from(WIRE);
        let mut sentences = Vec::new();
        visit(&document.json, "", &mut |_, object| {
            for (name, value) in object.as_object().unwrap() {
                names.insert(name);
                match (name.as_str(), value) {
                    ("description" | "summary" | "advice", Value::String(text)) => {
                        sentences.push(text);
                    }
                    (_, Value::String(text)) => _ = names.insert(text),
                    (_, Value::Array(values)) => {
                        names.extend(values.iter().filter_map(Value::as_str))
                    }
                    _ => {}
                }
            }
        });
        for text in sentences {
            for word in text.split('`').skip(1).step_by(2) {
                let is_ours = items.iter().any(|item| item == word) && !names.contains(word);
                assert!(!is_ours, "`{word}` of {}: {text}", document.api.name);
            }
        }
    }
}

/// Returns the names of what a crate has besides its generated code.
fn public_items(name: &str) -> Vec<String> {
    let mut folders = vec![root().join("crates").join(name).join("src")];
    let mut items = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("generated") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let public = text.split("pub ").skip(1);
                let public = public
                    .map(|rest| rest.trim_start_matches("async ").trim_start_matches("const "));
                let named = public.filter_map(|rest| {
                    let (kind, rest) = rest.split_once(' ')?;
                    let is_item = ["fn", "struct", "enum", "trait", "type"].contains(&kind);
                    let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_')?;
                    is_item.then(|| rest[..end].to_owned())
                });
                items.extend(named);
            }
        }
    }
    items
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    for document in all() {
        let mut used = BTreeSet::new();
        visit(&document.json, "", &mut |_, object| {
            if let Some(Value::String(reference)) = object.get("$ref") {
                document.target(reference);
                used.insert(reference.as_str());
            }
        });
        for kind in ["schemas", "responses"] {
            let components = document.json["components"][kind].as_object();
            for name in components.into_iter().flatten().map(|(name, _)| name) {
                let reference = format!("#/components/{kind}/{name}");
                assert!(used.contains(reference.as_str()), "{reference} is not used");
            }
        }
    }
}

#[test]
fn every_sample_fits_its_schema() {
    for document in all() {
        let samples = document.samples();
        assert!(!samples.is_empty());
        for sample in samples {
            for value in sample.values {
                let faults = document.faults(sample.schema, value);
                assert_eq!(faults, [""; 0], "{}: {}", document.api.name, sample.place);
            }
        }
    }
}

#[test]
fn every_documented_body_is_a_sample() {
    for document in all() {
        for operation in document.api.modules.iter().flat_map(|module| &module.operations) {
            let described = document.operation(&operation.id);
            let request = &described["requestBody"]["content"][JSON]["example"];
            assert_eq!(request.is_null(), operation.request_example.is_none(), "{}", operation.id);
            let success = &described["responses"]["200"]["content"][JSON];
            let response = &success["examples"]["success"]["value"];
            if operation.response_example.is_some() {
                assert!(!response.is_null(), "{}", operation.id);
            }
            // Mock servers take the first one, and in JavaScript numbers are first.
            let names = success["examples"].as_object().into_iter().flat_map(|all| all.keys());
            assert!(names.clone().all(|name| name.parse::<u32>().is_err()));
            assert!(names.count() == 0 || !response.is_null(), "{}", operation.id);
        }
        for event in &document.api.events {
            let (_, webhook) = document.webhooks().find(|(id, _)| *id == event.id).unwrap();
            let example = &webhook["requestBody"]["content"][JSON]["example"];
            assert_eq!(example.is_null(), event.example.is_none(), "{}", event.id);
            let answer = &webhook["responses"]["200"]["content"][JSON]["example"];
            assert_eq!(answer.is_null(), event.answers.is_empty(), "{}", event.id);
        }
    }
}

/// swagger-parser rejects a variable of a server that is described. Redocly's linter takes members
/// that a condition does not name for unknown ones, and Spectral's misses whom to tell of mistakes.
#[test]
fn widely_used_validators_find_nothing_to_complain_about() {
    for document in all() {
        assert!(document.json["info"]["contact"]["url"].as_str().unwrap().ends_with("/issues"));
        visit(&document.json, "", &mut |place, object| {
            assert!(object["variables"]["host"]["description"].is_null(), "{place}");
            let names = |schema: &Value| {
                let names = schema["properties"].as_object().into_iter().flat_map(|all| all.keys());
                names.cloned().collect::<Vec<_>>()
            };
            if object["then"].is_object() && object["if"].is_object() {
                assert_eq!(names(&object["then"]), names(object), "{place}");
            }
        });
    }
}

/// The calls that the tests of a crate make, and the answers that they give.
#[test]
fn what_a_client_sends_fits_its_schema() {
    for document in all() {
        for operation in document.api.modules.iter().flat_map(|module| &module.operations) {
            let body = &document.operation(&operation.id)["requestBody"];
            assert_eq!(body.is_null(), operation.body.is_none());
            for call in &operation.calls {
                if let Some(SentBody::Json(value)) = &call.body {
                    let faults = document.faults(&body["content"][JSON]["schema"], value);
                    assert_eq!(faults, [""; 0], "{} {}", operation.id, call.name);
                }
            }
        }
        for event in &document.api.events {
            let (_, webhook) = document.webhooks().find(|(id, _)| *id == event.id).unwrap();
            let schema = &webhook["responses"]["200"]["content"][JSON]["schema"];
            for answer in &event.answers {
                assert_eq!(document.faults(schema, &answer.sent), [""; 0], "{}", event.id);
            }
        }
    }
}

#[test]
fn codes_that_any_operation_can_respond_with_are_among_the_codes() {
    for document in all().iter().filter(|document| document.api.vendor == Vendor::Feishu) {
        let codes = &document.json["x-openplat-error-codes"];
        assert_eq!(codes["99991663"]["kind"], "unauthenticated");
        for common in &document.api.common_codes {
            let code = &codes[&common.code];
            let is_documented = document.api.codes.iter().any(|own| own.code == common.code);
            assert_eq!(code["common"] == true, !is_documented, "{code}");
            assert_eq!(code.get("name").is_some(), is_documented, "{code}");
            assert!(code["advice"].is_string() && code["status"].is_u64(), "{code}");
        }
        // An object of the parsed document cannot show that a code is there twice.
        let text = text(&document.api);
        let (_, listed) = text.split_once("\"x-openplat-error-codes\"").unwrap();
        assert_eq!(listed.matches("\"status\"").count(), codes.as_object().unwrap().len());
    }
}

#[test]
fn each_code_is_under_its_status_with_a_sample_and_advice() {
    for document in all() {
        for operation in document.api.modules.iter().flat_map(|module| &module.operations) {
            let responses = &document.operation(&operation.id)["responses"];
            assert!(responses["default"]["$ref"].is_string());
            for code in &operation.codes {
                let code = document.api.codes.iter().find(|known| known.code == *code).unwrap();
                let response = &responses[code.http.to_string()];
                let sample = &response["content"][JSON]["examples"][&code.variant]["value"];
                assert_eq!(sample["code"].to_string().trim_matches('"'), code.code);
                let described = response["description"].as_str().unwrap();
                assert!(described.contains(&format!("`{}` (`{}`)", code.code, code.variant)));
                let entry = &document.json["x-openplat-error-codes"][&code.code];
                assert_eq!(entry["status"], code.http);
                assert_eq!(entry["kind"], serde_json::to_value(code.kind).unwrap());
                assert_eq!(entry.get("advice").is_some(), !code.advice.is_empty());
            }
        }
    }
}

#[test]
fn a_value_or_code_of_tomorrow_is_no_fault() {
    for document in all() {
        for def in document.api.type_defs() {
            let TypeDef::Enum(def) = def else { continue };
            let value = if def.int { json!(-987_654) } else { json!("of tomorrow") };
            let schema = document.component(&def.name);
            assert_eq!(document.faults(schema, &value), [""; 0]);
            let wrong = if def.int { json!("text") } else { json!(7) };
            assert_ne!(document.faults(schema, &wrong), [""; 0]);
            let known = schema["anyOf"][0]["enum"].as_array().unwrap();
            assert_eq!(known.len(), def.variants.len());
        }
        if document.api.vendor != Vendor::Feishu {
            continue;
        }
        let error = json!({ "code": 987_654, "msg": "not documented" });
        for (.., operation) in document.operations() {
            let schema = &operation["responses"]["200"]["content"][JSON]["schema"];
            if !schema.is_null() {
                assert_eq!(document.faults(schema, &error), [""; 0], "{operation}");
            }
        }
    }
}

#[test]
fn what_is_required_depends_on_the_direction() {
    for document in all() {
        let api = &document.api;
        for operation in api.modules.iter().flat_map(|module| &module.operations) {
            let described = document.operation(&operation.id);
            let content = &described["requestBody"]["content"];
            let schema = match &operation.body {
                Some(Body::Object(_)) => &content[JSON]["schema"],
                Some(Body::Form(_)) => &content["multipart/form-data"]["schema"],
                _ => continue,
            };
            let fields = operation.body.as_ref().unwrap().fields();
            assert_eq!(texts(&schema["required"]), names(fields, |field| field.required));
        }
        for model in api.type_defs().filter_map(TypeDef::as_model) {
            let plain = document.component(&model.name);
            // Its fields are next to the code of a response.
            if plain.is_null() {
                continue;
            }
            let always = names(&model.fields, |field| field.presence == Presence::Always);
            let required = names(&model.fields, |field| field.required);
            let sent = document.component(&format!("{}Input", model.name));
            let plain = texts(&plain["required"]);
            match sent.is_null() {
                true if model.in_requests => assert_eq!(plain, required, "{}", model.name),
                true => assert_eq!(plain, always, "{}", model.name),
                false => {
                    assert_eq!((plain, texts(&sent["required"])), (always, required));
                }
            }
        }
    }
}

fn names(fields: &[Field], is_meant: impl Fn(&Field) -> bool) -> Vec<String> {
    let fields = fields.iter().filter(|field| is_meant(field));
    fields.map(|field| field.wire.clone()).collect()
}

#[test]
fn every_extension_is_explained_and_every_explained_one_used() {
    let readme = std::fs::read_to_string(root().join("openapi/README.md")).unwrap();
    let words = readme.split('`').skip(1).step_by(2);
    let is_key = |word: &&str| word.starts_with("x-openplat-") && word.len() > "x-openplat-".len();
    let explained: BTreeSet<_> = words.filter(is_key).map(str::to_owned).collect();
    let mut used = BTreeSet::new();
    for document in all() {
        visit(&document.json, "", &mut |_, object| {
            let keys = object.as_object().unwrap().keys();
            used.extend(keys.filter(|key| key.starts_with("x-openplat-")).cloned());
        });
    }
    assert_eq!(used, explained);
}

#[test]
fn the_readme_lists_every_document_of_the_folder() {
    let readme = std::fs::read_to_string(root().join("openapi/README.md")).unwrap();
    for document in all() {
        let name = format!("{}.json", document.api.name);
        let is_listed = readme.contains(&format!("[`{name}`]({name})"));
        assert_eq!(is_listed, root().join("openapi").join(&name).exists(), "{name}");
    }
}

#[test]
fn an_operation_has_one_id_and_the_same_specs_give_the_same_text() {
    for document in all() {
        let operations = || document.operations().map(|(.., operation)| operation);
        let all = || operations().chain(document.webhooks().map(|(_, webhook)| webhook));
        let ids = || all().map(|operation| &operation["operationId"]);
        assert_eq!(ids().map(Value::to_string).collect::<BTreeSet<_>>().len(), ids().count());
        assert_eq!(text(&document.api), text(&document.api));
    }
}

/// The document of an API that has one operation for each feature of the specs.
#[test]
fn showcase() {
    let document = all().iter().find(|document| document.api.name == "showcase").unwrap();
    assert_snapshot!(text(&document.api));
}
