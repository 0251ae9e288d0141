//! Clients in Python, as openapi-python-client generates them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use feishu_im::chat::{GetChat, LinkChat};
use feishu_im::file::{CreateFile, GetFile};
use feishu_im::message::{CreateMessage, ListMessage};
use openplat_mock::{MockPlatform, Reply};
use serde_json::json;

use crate::prism::run;

/// Generates the client of an API, as the package of its name below `target/openapi`.
fn generate(api: &str) {
    let mut generator = Command::new("openapi-python-client");
    generator.args(["generate", "--meta", "none", "--overwrite", "--fail-on-warning", "--path"]);
    generator.arg(root().join(format!("openapi/{api}.json")));
    run(generator.arg("--output-path").arg(packages().join(api.replace('-', "_"))));
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn packages() -> PathBuf {
    root().join("target/openapi")
}

#[tokio::test]
#[ignore = "needs openapi-python-client, which `.ci/run` installs"]
async fn every_document_becomes_a_client_and_one_calls_the_mock() {
    for file in fs::read_dir(root().join("openapi")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if let Some(api) = name.strip_suffix(".json") {
            generate(api);
        }
    }
    let mock = MockPlatform::start().await.unwrap();
    mock.accept_user_token("u-1");
    mock.on::<LinkChat>().example().error("232011");
    mock.on::<GetChat>().data(json!({ "name": "Lunch", "chat_type": "hall" }));
    mock.on::<CreateMessage>();
    mock.on::<ListMessage>();
    mock.on::<CreateFile>();
    let file = Reply::new(200).header("content-disposition", "attachment; filename=\"a.bin\"");
    mock.on::<GetFile>().respond(file.body(&[0, 159, 146, 150][..]));

    let mut python = Command::new("python");
    python.arg("-B").arg(root().join("tests/openapi/call_mock.py")).arg(mock.url());
    run(python.env("PYTHONPATH", packages()));

    let [link, refused] = &mock.requests_to::<LinkChat>()[..] else { panic!("two calls") };
    assert_eq!(link.path_value("chat_id"), Some("oc_1"));
    assert_eq!(link.json().unwrap(), json!({ "validity_period": "year" }));
    assert_eq!(refused.json().unwrap(), json!({ "validity_period": "decade" }));
    let message = &mock.requests_to::<CreateMessage>()[0];
    assert_eq!(message.query_value("receive_id_type").as_deref(), Some("chat_id"));
    assert_eq!(message.json().unwrap()["content"], r#"{"text": "Lunch?"}"#);
    let list = &mock.requests_to::<ListMessage>()[0];
    assert_eq!(list.query_value("page_size").as_deref(), Some("5"));
    let parts = mock.requests_to::<CreateFile>()[0].parts().unwrap();
    let file = parts.iter().find(|part| part.name == "file").unwrap();
    assert_eq!((file.file_name.as_deref(), &*file.text()), (Some("menu.pdf"), "%PDF"));
}
