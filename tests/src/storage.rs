//! Local files on their way into spaces and conversations of DingTalk.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use dingtalk_convfile::file::{SendFile, SendLocalFile, SendLocalFileError, SendLocalFileRequired};
use dingtalk_convfile::space::GetSpace;
use dingtalk_storage::file::{
    AppProperty, AppPropertyRequired, CommitFile, CommitFileRequired, CommitOption,
    ConflictStrategy, GetFileUploadInfo, GetFileUploadInfoRequired, PreCheckParam, Region,
    StorageDriver, UploadFile, UploadFileRequired, UploadOption, Visibility,
};
use dingtalk_storage::{ErrorCode, ErrorKind};
use futures_util::stream;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use openplat_core::{Body, DingTalk, Method, Transport, TransportError, Upload};
use openplat_mock::MockPlatform;
use serde_json::{Value, json};

use crate::in_process::Through;
use crate::tested::Tested;

const ADDRESS: &str = "https://storage.example/yundisk0/secret.file";
/// A refusal as the storage words it.
const REFUSAL: &str = "<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code>\
    <StringToSign>PUT secret</StringToSign><SignatureProvided>secret</SignatureProvided></Error>";

/// The storage behind the platform: what it got, and how it answers.
#[derive(Default)]
pub(crate) struct Storage {
    requests: Mutex<Vec<(HeaderMap, Bytes)>>,
    /// The statuses of the next responses; 200 when there are none left, no response for 0.
    statuses: Mutex<VecDeque<u16>>,
}

impl Storage {
    async fn take(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        assert_eq!(
            (request.method(), request.uri().to_string().as_str()),
            (&http::Method::PUT, ADDRESS)
        );
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        self.requests.lock().unwrap().push((head.headers, body));
        let status = self.statuses.lock().unwrap().pop_front().unwrap_or(200);
        if status == 0 {
            return Err(TransportError::transfer("reset"));
        }
        let response = Response::builder().status(status).header("x-oss-request-id", "R1");
        let body = if status == 200 { "" } else { REFUSAL };
        Ok(response.body(Bytes::from(body).into()).unwrap())
    }

    pub(crate) fn taken(&self) -> Vec<(HeaderMap, Bytes)> {
        self.requests.lock().unwrap().clone()
    }
}

/// A platform whose storage is on another host.
pub(crate) fn platform(statuses: &[u16]) -> (MockPlatform, Arc<Storage>, dingtalk_storage::Client) {
    let mock = MockPlatform::in_process();
    mock.on::<GetSpace>().data(json!({ "space": { "spaceId": "s-1" } }));
    mock.on::<GetFileUploadInfo>().data(upload_info(ADDRESS));
    // With the list that the page shows where its table has a map.
    mock.on::<CommitFile>().data(json!({ "dentry": {
        "id": "d-1", "spaceId": "s-1", "type": "FILE", "name": "a.txt",
        "appProperties": [{ "name": "n", "value": "v", "visibility": "PRIVATE" }],
    }}));
    let storage = Arc::new(Storage::default());
    storage.statuses.lock().unwrap().extend(statuses);
    let (through, at) = (Arc::new(mock.transport()), storage.clone());
    let transport = Through(move |request: Request<Body>| {
        let (through, at) = (through.clone(), at.clone());
        async move {
            match request.uri().host() {
                Some("storage.example") => at.take(request).await,
                _ => through.send(request).await,
            }
        }
    });
    let client = dingtalk_storage::Client::builder("ding", "secret").transport(transport);
    (mock, storage, client.build().unwrap())
}

fn upload_info(address: &str) -> Value {
    json!({
        "uploadKey": "secret-key",
        "protocol": "HEADER_SIGNATURE",
        "headerSignatureInfo": {
            "resourceUrls": [address, "https://second.example/"],
            "headers": { "Authorization": "OSS LTAI:secret=", "x-oss-date": "20260528T093716Z" },
            "expirationSeconds": 900,
        },
    })
}

fn upload(file: Upload) -> UploadFile {
    UploadFile::new(UploadFileRequired { union_id: "u-1", space_id: "s-1", file })
}

fn text() -> Upload {
    Upload::from("contents".as_bytes()).file_name("a.txt")
}

fn targets(mock: &MockPlatform) -> Vec<String> {
    mock.requests().iter().map(|request| request.target.clone()).collect()
}

#[tokio::test]
async fn a_file_reaches_a_space_in_three_steps() {
    let (mock, storage, client) = platform(&[]);
    let option = CommitOption::new().conflict_strategy(ConflictStrategy::Overwrite);
    let dentry = upload(text()).parent_id("p-1").option(option).send(&client).await.unwrap();
    assert_eq!((&*dentry.id, dentry.name.as_deref()), ("d-1", Some("a.txt")));

    let requests = mock.requests();
    let [info, commit] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(info.target, "/v1.0/storage/spaces/s-1/files/uploadInfos/query?unionId=u-1");
    let expected = json!({ "protocol": "HEADER_SIGNATURE", "multipart": false });
    assert_eq!(info.json().unwrap(), expected);
    assert_eq!(commit.target, "/v1.0/storage/spaces/s-1/files/commit?unionId=u-1");
    let expected = json!({
        "uploadKey": "secret-key", "name": "a.txt", "parentId": "p-1",
        "option": { "conflictStrategy": "OVERWRITE" },
    });
    assert_eq!(commit.json().unwrap(), expected);

    // The signature covers an absent media type, and the token is none of the storage's business.
    let taken = storage.taken();
    let [(headers, body)] = taken.as_slice() else { panic!("{taken:?}") };
    let mut names: Vec<_> = headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["authorization", "x-oss-date"]);
    assert_eq!(headers["authorization"], "OSS LTAI:secret=");
    assert_eq!(body, "contents");
}

/// The bodies are those that the official Python SDK sends for the same values.
#[tokio::test]
async fn requests_equal_those_of_the_official_sdk() {
    let (mock, _, client) = platform(&[]);
    let option = UploadOption::new()
        .storage_driver(StorageDriver::DingTalk)
        .prefer_region(Region::Shanghai)
        .prefer_intranet(true)
        .pre_check_param(PreCheckParam::new().size(5).parent_id("0").name("a"));
    let required = GetFileUploadInfoRequired {
        space_id: "s-1",
        union_id: "u-1",
        protocol: "HEADER_SIGNATURE",
        multipart: false,
    };
    GetFileUploadInfo::new(required).option(option).send(&client).await.unwrap();
    let property = AppProperty::new(AppPropertyRequired {
        name: "n",
        value: "v",
        visibility: Visibility::Public,
    });
    let option = CommitOption::new()
        .size(8)
        .conflict_strategy(ConflictStrategy::Overwrite)
        .app_properties([property]);
    let required = CommitFileRequired {
        space_id: "s-1",
        union_id: "u-1",
        upload_key: "k",
        name: "a.txt",
        parent_id: "p-1",
    };
    CommitFile::new(required).option(option).send(&client).await.unwrap();
    let sent: Vec<_> = mock.requests().iter().map(|request| request.json().unwrap()).collect();
    let expected = [
        r#"{"multipart":false,"option":{"preCheckParam":{"name":"a","parentId":"0","size":5},
            "preferIntranet":true,"preferRegion":"SHANGHAI","storageDriver":"DINGTALK"},
            "protocol":"HEADER_SIGNATURE"}"#,
        r#"{"name":"a.txt","option":{"appProperties":[{"name":"n","value":"v",
            "visibility":"PUBLIC"}],"conflictStrategy":"OVERWRITE","size":8},"parentId":"p-1",
            "uploadKey":"k"}"#,
    ];
    assert_eq!(sent, expected.map(|json| serde_json::from_str::<Value>(json).unwrap()));
}

#[tokio::test]
async fn a_local_file_is_sent_into_a_conversation() {
    let (mock, storage, client) = platform(&[]);
    mock.on::<SendFile>().error("conversationNotExist").data(json!({ "file": { "id": "f-1" } }));
    let request = SendLocalFile::new(SendLocalFileRequired {
        union_id: "u-1",
        open_conversation_id: "cid-1",
        file: text(),
    });
    let error = request.send(&client).await.unwrap_err();
    assert_eq!(
        error.error().code(),
        Some(dingtalk_convfile::ErrorCode::ConversationNotFound),
        "{error}"
    );
    assert!(error.to_string().ends_with("(the file is in the space of the conversation)"));
    let sent = error.unsent().unwrap().send(&client).await.unwrap();
    assert_eq!(sent.file.unwrap().id.as_deref(), Some("f-1"));
    assert_eq!(storage.taken().len(), 1);
    let requests = mock.requests();
    let (first, last) = (&requests[0], &requests[3..]);
    assert_eq!(first.json().unwrap(), json!({ "openConversationId": "cid-1" }));
    for request in last {
        assert_eq!(request.target, "/v1.0/convFile/conversations/files/send?unionId=u-1");
        let expected =
            json!({ "spaceId": "s-1", "dentryId": "d-1", "openConversationId": "cid-1" });
        assert_eq!(request.json().unwrap(), expected);
    }
    assert_eq!(last.len(), 2);
}

#[tokio::test]
async fn a_refusal_of_the_storage_shows_its_code_and_no_secret() {
    let (mock, storage, client) = platform(&[403]);
    let error = upload(text()).send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.operation(), Some("PUT storage.example"));
    assert_eq!(error.code::<String>().as_deref(), Some("SignatureDoesNotMatch"));
    assert_eq!(error.api().unwrap().log_id(), Some("R1"));
    let shown = format!("{error} {error:?} {:?}", error.api());
    assert!(!shown.contains("secret") && !shown.contains("LTAI"), "{shown}");
    // Nothing is committed that was not taken.
    assert_eq!((storage.taken().len(), targets(&mock).len()), (1, 1));
}

/// Fails with all that it knows of the request, or responds with it in every place.
async fn telling(how: &str, request: Request<Body>) -> Result<Response<Body>, TransportError> {
    let told = format!("{} {:?}", request.uri(), request.headers()["authorization"].to_str());
    let response = Response::builder().status(403);
    let (response, body) = match how {
        "connect" => return Err(TransportError::connect(told)),
        "transfer" => return Err(TransportError::transfer(told)),
        "timeout" => return Err(TransportError::timeout(told)),
        "panic" => panic!("a transport of the user's own"),
        "redirect" => {
            (Response::builder().status(302).header("location", request.uri().to_string()), told)
        }
        "log id" => (response.header("x-oss-request-id", "LTAIhidden:topsecret="), told),
        _ => (response, "<Code>LTAIhidden</Code>".to_owned()),
    };
    Ok(response.body(Bytes::from(body).into()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn nothing_shows_a_signed_address() {
    let headers = BTreeMap::from([("Authorization".into(), "OSS LTAIhidden:topsecret=".into())]);
    for how in ["connect", "transfer", "timeout", "panic", "redirect", "log id", "code"] {
        let transport = Through(move |request| telling(how, request));
        let client = dingtalk_storage::Client::builder("ding", "hunter2").transport(transport);
        let address = "https://storage.example/topsecret.file?Signature=topsecret";
        let error = client.build().unwrap().put_signed(address, &headers, &text()).await;
        let error = error.unwrap_err();
        let shown = format!("{error} {error:?} {:?}", error.api());
        assert!(!shown.contains("topsecret") && !shown.contains("hidden"), "{how}: {shown}");
        assert_eq!(error.operation(), Some("PUT storage.example"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_failed_is_repeated_unless_it_is_a_stream() {
    let (mock, storage, client) = platform(&[503, 0]);
    upload(text()).send(&client).await.unwrap();
    assert_eq!(storage.taken().len(), 3);
    assert!(storage.taken().iter().all(|(_, body)| body == "contents"));
    assert_eq!(targets(&mock).len(), 2);

    let (_, storage, client) = platform(&[503]);
    let pieces = stream::iter([Ok::<_, std::io::Error>(Bytes::from("contents"))]);
    let stream = Upload::from_stream(pieces, None).file_name("a.txt");
    let error = upload(stream).send(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unavailable, 1));
    assert_eq!(storage.taken().len(), 1);

    // A success with a code is none.
    let (_, storage, client) = platform(&[203]);
    upload(text()).send(&client).await.unwrap();
    assert_eq!(storage.taken().len(), 2);

    let (_, storage, client) = platform(&[503; 9]);
    let error = upload(text()).send(&client).await.unwrap_err();
    assert_eq!((error.attempts(), storage.taken().len()), (3, 3));
}

#[tokio::test]
async fn what_cannot_be_uploaded_is_an_error_before_the_upload() {
    let (mock, storage, client) = platform(&[]);
    let error = upload(Upload::from(vec![1])).send(&client).await.unwrap_err();
    assert!(error.to_string().contains("the file has no name"), "{error}");
    assert!(mock.requests().is_empty());
    let error = upload(Upload::from_path("/absent/a.txt")).send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);

    for (info, expected) in [
        (json!({ "uploadKey": "k" }), "the response contains no address for the file"),
        (upload_info("http://storage.example/secret"), "does not start with `https://`"),
        (upload_info("secret"), "does not start with `https://`"),
    ] {
        let mock = MockPlatform::in_process();
        mock.on::<GetFileUploadInfo>().data(info);
        let client = dingtalk_storage::Client::builder("ding", "hunter2").over::<Tested>();
        let client = client.transport(mock.transport()).build().unwrap();
        let error = upload(text()).send(&client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let shown = format!("{error:?}");
        assert!(shown.contains(expected) && !shown.contains("secret"), "{shown}");
    }
    assert!(storage.taken().is_empty());
}

#[tokio::test]
async fn a_full_space_is_a_code_of_its_own() {
    let mock = MockPlatform::in_process();
    mock.on::<GetFileUploadInfo>().error("spaceQuotaInsufficient");
    let client = dingtalk_storage::Client::builder("ding", "secret").transport(mock.transport());
    let error = upload(text()).send(&client.build().unwrap()).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::SpaceQuotaExceeded));
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
}

#[test]
fn upload_information_is_secret() {
    let info: dingtalk_storage::file::GetFileUploadInfoResponse =
        serde_json::from_value(upload_info(ADDRESS)).unwrap();
    let shown = format!("{info:?}");
    assert!(!shown.contains("secret") && !shown.contains("LTAI"), "{shown}");
}

#[tokio::test]
async fn an_empty_file_has_a_length_and_odd_headers_are_left_out() {
    let mock = MockPlatform::start().await.unwrap();
    let storage = mock.on_path::<DingTalk>(Method::Put, "/storage/{key}").without_token();
    let mut info = upload_info(&format!("{}/storage/x", mock.url()));
    info["headerSignatureInfo"]["headers"] = json!({
        "Content-Type": "", "Content-Length": "7", "Transfer-Encoding": "chunked", "x-null": null,
    });
    mock.on::<GetFileUploadInfo>().data(info);
    mock.on::<CommitFile>().data(json!({ "dentry": { "id": "d-1" } }));
    let client =
        dingtalk_storage::Client::builder("ding", "secret").over::<Tested>().base_url(mock.url());
    let file = Upload::from(Vec::new()).file_name("a.txt");
    upload(file).send(&client.build().unwrap()).await.unwrap();
    let requests = storage.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(request.header("content-length"), Some("0"));
    assert_eq!(request.header("content-type"), Some(""));
    assert_eq!(request.header("transfer-encoding"), None);
    assert_eq!(request.header("x-null"), None);
}

#[tokio::test]
async fn the_built_in_transport_adds_no_media_type_and_no_token() {
    let mock = MockPlatform::start().await.unwrap();
    let storage = mock.on_path::<DingTalk>(Method::Put, "/storage/{key}").without_token();
    let address = format!("{}/storage/x?y=z", mock.url());
    mock.on::<GetFileUploadInfo>().data(upload_info(&address));
    mock.on::<CommitFile>().data(json!({ "dentry": { "id": "d-1" } }));
    let client =
        dingtalk_storage::Client::builder("ding", "secret").over::<Tested>().base_url(mock.url());
    let client = client.build().unwrap();
    upload(text()).send(&client).await.unwrap();
    let token = client.token().await.unwrap();
    let requests = storage.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((request.target.as_str(), &*request.body), ("/storage/x?y=z", &b"contents"[..]));
    assert_eq!(request.header("content-length"), Some("8"));
    assert_eq!(request.header("authorization"), Some("OSS LTAI:secret="));
    assert_eq!(request.header("content-type"), None);
    assert_eq!(request.header("x-acs-dingtalk-access-token"), None);
    let holds_token = |value: &http::HeaderValue| value.to_str().unwrap().contains(token.expose());
    assert!(!request.headers.values().any(holds_token), "{requests:?}");
}

#[test]
fn sending_can_be_spawned() {
    fn assert_send<T: Send>(_: T) {}
    let client =
        dingtalk_storage::Client::builder("ding", "secret").over::<Tested>().build().unwrap();
    let request = SendLocalFile::new(SendLocalFileRequired {
        union_id: "u-1",
        open_conversation_id: "cid-1",
        file: text(),
    });
    assert_send(async move { request.send(&client).await });
    fn assert_error<T: std::error::Error + Send + Sync + 'static>() {}
    assert_error::<SendLocalFileError>();
}
