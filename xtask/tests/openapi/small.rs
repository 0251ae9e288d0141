//! Features that few operations have, or none.

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::codegen;

use crate::document::Document;

/// Returns the document of an API of these files.
fn document(vendor: &str, files: &[(&str, Value)]) -> Document {
    let folder = TempDir::new().unwrap();
    let api = json!({
        "vendor": vendor,
        "modules": { "depot": "Wooden crates in a harbor." },
        "errors": {
            "40035": { "name": "NoSuchCrate", "http": 200, "kind": "rejected", "doc": "It sank.", "advice": "Dive." }
        }
    });
    let files = files.iter().chain([&("api.json", api)]).cloned().collect::<Vec<_>>();
    for (name, spec) in files {
        let path = folder.path().join("small").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, spec.to_string()).unwrap();
    }
    let mut apis = codegen::lower_specs(folder.path()).unwrap();
    Document::new(apis.remove(0))
}

/// Returns the spec of an operation, with these members besides those that each has.
fn operation(id: &str, method: &str, path: &str, others: Value) -> Value {
    let mut spec = json!({
        "id": id,
        "doc": "Moves wooden crates around. It takes a while.",
        "source": "https://example.com/crates",
        "method": method,
        "path": path,
        "tokens": ["user"],
    });
    spec.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    spec
}

#[test]
fn the_old_api_of_dingtalk_has_its_host_its_token_and_its_envelope() {
    let lift = operation(
        "lift",
        "POST",
        "/topapi/crate/lift",
        json!({
            "tokens": ["app"],
            "body": [],
            "response": [{ "name": "height", "type": "int", "doc": "How far up, in meters.", "always": true }],
            "errors": ["40035"],
            "examples": { "response": { "height": "7", "errcode": 0, "errmsg": "ok" } }
        }),
    );
    let sink = operation("sink", "POST", "/v1.0/crates/sink", json!({ "tokens": ["app"] }));
    let document = document("dingtalk", &[("depot.lift.json", lift), ("depot.sink.json", sink)]);
    let lift = document.operation("lift");
    assert_eq!(lift["servers"][0]["url"], "https://oapi.dingtalk.com");
    assert_eq!(lift["security"], json!([{ "old_app": [] }]));
    let schemes = &document.json["components"]["securitySchemes"];
    assert_eq!(
        (&schemes["old_app"]["in"], &schemes["old_app"]["name"]),
        (&json!("query"), &json!("access_token"))
    );
    assert_eq!(schemes["app"]["name"], "x-acs-dingtalk-access-token");
    let media = &lift["responses"]["200"]["content"]["application/json"];
    let sample = json!({ "errcode": 0, "errmsg": "ok", "height": 7 });
    assert_eq!(media["examples"]["success"]["value"], sample);
    assert_eq!(
        media["examples"]["NoSuchCrate"]["value"],
        json!({ "errcode": 40035, "errmsg": "It sank." })
    );
    let faults = |value| document.faults(&media["schema"], &value).len();
    assert_eq!(faults(sample), 0);
    assert_eq!(faults(json!({ "errcode": 40035, "errmsg": "It sank." })), 0);
    assert_eq!(faults(json!({ "errcode": "40035", "errmsg": "It sank." })), 0);
    assert_eq!(faults(json!({ "errcode": 0 })), 1);
    let remarks = document.json["info"]["description"].as_str().unwrap();
    assert!(remarks.contains("The HTTP status says") && remarks.contains("the `errcode`"));
    let hosts = &lift["servers"][2];
    assert_eq!(hosts["url"], "{scheme}://{host}");
    assert_eq!(hosts["variables"]["scheme"]["enum"], json!(["https", "http"]));
    assert_eq!(lift["responses"]["default"]["$ref"], "#/components/responses/OldError");
    // The present one is next to it, with its own.
    let sink = document.operation("sink");
    assert_eq!((sink.get("servers"), &sink["security"]), (None, &json!([{ "app": [] }])));
    assert_eq!(sink["responses"]["200"], json!({ "description": "Success." }));
    assert_eq!(sink["responses"]["default"]["$ref"], "#/components/responses/Error");
}

#[test]
fn paths_that_differ_in_the_names_of_parameters_are_one() {
    let param =
        |name: &str| json!([{ "name": name, "type": "string", "doc": "It is written on top." }]);
    let look =
        operation("look", "GET", "/v1/crates/:crate_id", json!({ "params": param("crate_id") }));
    let burn = operation("burn", "DELETE", "/v1/crates/:id", json!({ "params": param("id") }));
    let document = document("feishu", &[("depot.look.json", look), ("depot.burn.json", burn)]);
    let paths: Vec<_> = document.operations().map(|(path, method, _)| (path, method)).collect();
    assert_eq!(paths, [("/v1/crates/{id}", "delete"), ("/v1/crates/{id}", "get")]);
    assert_eq!(document.operation("look")["parameters"][0]["name"], "id");
}

#[test]
fn a_success_has_what_is_always_there_and_an_error_has_not() {
    let response = json!([{ "name": "crate_id", "type": "string", "doc": "It is written on top.", "always": true }]);
    let build = operation("build", "POST", "/v1/crates", json!({ "response": response }));
    let paint = json!({ "response": response, "whole_body": true });
    let paint = operation("paint", "POST", "/v1/crates/paint", paint);
    let document = document("feishu", &[("depot.build.json", build), ("depot.paint.json", paint)]);
    let faults = |id: &str, value: Value| {
        let media = &document.operation(id)["responses"]["200"]["content"]["application/json"];
        document.faults(&media["schema"], &value).len()
    };
    assert_eq!(faults("build", json!({ "code": 0, "msg": "", "data": { "crate_id": "7" } })), 0);
    assert_eq!(faults("build", json!({ "code": 0, "msg": "", "data": {} })), 1);
    assert_eq!(faults("build", json!({ "code": 0, "msg": "" })), 1);
    assert_ne!(faults("build", json!({ "code": 0, "msg": "", "data": null })), 0);
    assert_eq!(faults("build", json!({ "code": 7, "msg": "", "data": null })), 0);
    assert_eq!(faults("build", json!({ "code": 7, "msg": "" })), 0);
    assert_eq!(faults("paint", json!({ "code": 0, "msg": "", "crate_id": "7" })), 0);
    assert_eq!(faults("paint", json!({ "code": 0, "msg": "" })), 1);
    assert_eq!(faults("paint", json!({ "code": 7, "msg": "" })), 0);
}

#[test]
fn limits_are_of_what_is_sent_and_null_is_received() {
    let types = json!({ "types": [{ "name": "Label", "doc": "The paper on a crate.", "fields": [
        { "name": "text", "type": "string", "doc": "What can be read from afar.", "min_length": 1 },
        { "name": "size", "type": "int", "doc": "How large it is, in square meters.", "default": 7, "min": 1, "max": i64::MAX },
        { "name": "back", "type": "list<string>", "doc": "What only the porter sees.", "max_length": 2 }
    ] }] });
    let both = json!({
        "body": [{ "name": "label", "type": "Label", "doc": "What the crate is to have.", "required": true }],
        "response": [{ "name": "label", "type": "Label", "doc": "What the crate has now." }]
    });
    let label = operation("label", "POST", "/v1/crates/label", both);
    let document = document("feishu", &[("depot.label.json", label), ("types/label.json", types)]);
    let sent = document.component("LabelInput");
    let faults = |name: &str, value: Value| document.faults(document.component(name), &value).len();
    let short = json!({ "text": "", "size": 0, "back": ["a", "b", "c"] });
    assert_eq!((faults("Label", short.clone()), faults("LabelInput", short)), (0, 3));
    let absent = json!({ "text": null, "size": null, "back": null });
    assert_eq!((faults("Label", absent.clone()), faults("LabelInput", absent)), (0, 3));
    assert_eq!(
        (sent["properties"]["size"].get("maximum"), &sent["properties"]["size"]["default"]),
        (None, &json!(7))
    );
    assert_eq!(document.component("Label")["properties"]["size"].get("default"), None);
    let data = json!({ "code": 0, "msg": "", "data": { "label": null } });
    let media = &document.operation("label")["responses"]["200"]["content"]["application/json"];
    assert_eq!(document.faults(&media["schema"], &data), [""; 0]);
}

#[test]
fn sentences_call_things_as_they_are_called_on_the_wire() {
    let label = operation(
        "crate_1.0.Label",
        "POST",
        "/v1/crates/label",
        json!({
            "doc": "Labels a crate, for example by `crateLabel` in `[A. b]`. See `OpenDepot`.",
            "body": [
                { "name": "type", "rust": "kind", "type": "string", "doc": "The form of the label." },
                { "name": "crateLabel", "type": "string", "doc": "The text, of the form in `kind`, not <b>." }
            ]
        }),
    );
    let open = operation("crate_1.0.Open", "POST", "/v1/crates/open", json!({}));
    let document = document("feishu", &[("depot.label.json", label), ("depot.open.json", open)]);
    let label = document.operation("crate_1.0.Label");
    let expected = "Labels a crate, for example by `crateLabel` in `[A. b]`. See `crate_1.0.Open`.";
    assert!(label["description"].as_str().unwrap().starts_with(expected), "{label}");
    assert_eq!(label["summary"], "Labels a crate, for example by `crateLabel` in `[A. b]`");
    let body = &label["requestBody"]["content"]["application/json"]["schema"]["properties"];
    assert_eq!(body["crateLabel"]["description"], r"The text, of the form in `type`, not \<b\>.");
}

#[test]
fn a_model_with_the_name_of_a_schema_of_ours_keeps_it() {
    let types = json!({ "types": [
        { "name": "Error", "doc": "A mistake in the papers of a crate.", "fields": [
            { "name": "page", "type": "string", "doc": "The number of the sheet, from the top.", "required": true }
        ] },
        { "name": "ErrorInput", "doc": "The hand that made a mistake.", "fields": [
            { "name": "hand", "type": "string", "doc": "Left or right." }
        ] }
    ] });
    let both = json!({
        "body": [{ "name": "wrong", "type": "Error", "doc": "The mistake to mend." }],
        "response": [
            { "name": "left", "type": "Error", "doc": "A mistake that is still there." },
            { "name": "hand", "type": "ErrorInput", "doc": "The hand that did it." }
        ]
    });
    let mend = operation("mend", "POST", "/v1/crates/mend", both);
    let document = document("feishu", &[("depot.mend.json", mend), ("types/papers.json", types)]);
    let schemas = document.json["components"]["schemas"].as_object().unwrap();
    let names: Vec<_> = schemas.keys().map(String::as_str).collect();
    assert_eq!(names, ["Error", "ErrorInput", "ErrorInput_", "Error_", "MendDepotResponse"]);
    assert_eq!(schemas["Error"].get("required"), None);
    assert_eq!(schemas["ErrorInput_"]["required"], json!(["page"]));
    assert_eq!(schemas["Error_"]["required"], json!(["code", "msg"]));
}
