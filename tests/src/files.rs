//! Files on their way to the platform and back. Tests on real sockets wait for nothing; those in
//! which time passes have a transport in memory and a paused clock.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use feishu_im::ErrorKind;
use feishu_im::file::{CreateFile, CreateFileRequired, FileType, GetFile};
use feishu_im::image::{CreateImage, ImageType};
use feishu_im::message_resource::{GetMessageResource, GetMessageResourceRequired};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http::header::{
    ACCEPT_ENCODING, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, HeaderName, HeaderValue,
};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};
use openplat_core::{Body, BodyError, Download, Error, IfExists, Progress, TransportError, Upload};
use openplat_mock::{MockPlatform, Recorded, Reply};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::in_process::Through;
use crate::tested::Tested;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
const CREATED: &str = r#"{"code":0,"msg":"success","data":{"file_key":"file_1"}}"#;
const THROTTLED: &str = r#"{"code":99991400,"msg":"request trigger frequency limit"}"#;

async fn platform() -> (MockPlatform, feishu_im::Client) {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<CreateFile>();
    let client =
        feishu_im::Client::builder("cli_1", "secret").over::<Tested>().base_url(mock.url());
    let client = client.build().unwrap();
    (mock, client)
}

/// A client whose requests are answered by a function.
fn answered_by<F, R>(serve: F) -> feishu_im::ClientBuilder
where
    F: Fn(Request<Body>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Response<Body>, TransportError>> + Send + 'static,
{
    feishu_im::Client::builder("cli_1", "secret").transport(Through(serve))
}

fn json(status: u16, text: &'static str) -> Response<Body> {
    let answer = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    answer.body(Body::from(Bytes::from(text))).unwrap()
}

fn create_file(file: impl Into<Upload>) -> CreateFile {
    let required = CreateFileRequired {
        file_type: FileType::Stream,
        file_name: "shown.bin",
        file: file.into(),
    };
    CreateFile::new(required).duration(7)
}

/// More than is read or sent at once.
fn contents() -> Bytes {
    (0..300_000_u32).map(|index| (index % 251) as u8).collect()
}

/// The same in pieces.
fn pieces() -> impl Stream<Item = Result<Bytes, BodyError>> + Send + 'static {
    let pieces: Vec<_> = contents().chunks(70_000).map(Bytes::copy_from_slice).collect();
    stream::iter(pieces.into_iter().map(Ok))
}

/// A body that comes in pieces.
fn body<S>(pieces: S) -> Body
where
    S: Stream<Item = Result<Bytes, BodyError>> + Send + Sync + 'static,
{
    Body::new(StreamBody::new(pieces.map_ok(Frame::data)))
}

fn folder_with(name: &str, contents: &[u8]) -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join(name), contents).unwrap();
    folder
}

/// What a folder holds.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[derive(Debug, PartialEq)]
struct Field {
    name: String,
    file_name: Option<String>,
    contents: Bytes,
}

fn text(name: &str, contents: &str) -> Field {
    let contents = Bytes::copy_from_slice(contents.as_bytes());
    Field { name: name.to_owned(), file_name: None, contents }
}

fn file(file_name: &str, contents: &Bytes) -> Field {
    let file_name = Some(file_name.to_owned());
    Field { name: "file".to_owned(), file_name, contents: contents.clone() }
}

/// A form as somebody else's reader of forms understands it.
async fn fields(headers: &HeaderMap, body: Bytes) -> Vec<Field> {
    let content_type = headers[CONTENT_TYPE].to_str().unwrap();
    let boundary = multer::parse_boundary(content_type).unwrap();
    let mut form = multer::Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
    let mut fields = Vec::new();
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        fields.push(Field { name, file_name, contents: field.bytes().await.unwrap() });
    }
    fields
}

async fn form(request: &Recorded) -> Vec<Field> {
    fields(&request.headers, request.body.clone()).await
}

fn expected(file: Field) -> Vec<Field> {
    vec![text("file_type", "stream"), text("file_name", "shown.bin"), text("duration", "7"), file]
}

mod as_messages;
mod download;
mod in_messages;
mod resume;
mod upload;
