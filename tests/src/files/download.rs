use super::*;
use crate::tested::Tested;

const NAMED: &str = "attachment; filename=\"report.pdf\"";
const AN_ERROR: &str = r#"{"code":234001,"msg":"Invalid request param."}"#;

fn headers(given: &[(HeaderName, &'static str)]) -> HeaderMap {
    given.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
}

/// A reply with these headers.
fn reply(status: u16, given: &[(HeaderName, &'static str)], body: impl Into<Bytes>) -> Reply {
    let reply = Reply::new(status).body(body);
    given.iter().fold(reply, |reply, (name, value)| reply.header(name, *value))
}

/// A platform that answers with a file.
async fn serving(given: &[(HeaderName, &'static str)], body: Bytes) -> (MockPlatform, Download) {
    let (mock, client) = platform().await;
    mock.on::<GetFile>().respond(reply(200, given, body));
    let download = GetFile::new("file_1").send(&client).await.unwrap();
    (mock, download)
}

/// A download from a transport in memory, which takes one request.
async fn in_memory(given: &[(HeaderName, &'static str)], body: Body) -> Result<Download, Error> {
    in_memory_as(200, given, body).await
}

async fn in_memory_as(
    status: u16,
    given: &[(HeaderName, &'static str)],
    body: Body,
) -> Result<Download, Error> {
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    *answer.headers_mut() = headers(given);
    let answer = Mutex::new(Some(answer));
    let client = answered_by(move |_| {
        let answer = answer.lock().unwrap().take().unwrap();
        async move { Ok(answer) }
    });
    GetFile::new("file_1").send(&client.build().unwrap().with_token("t-1")).await
}

/// A file of which a part comes before the connection breaks.
async fn broken() -> Download {
    let pieces = [Ok(contents()), Err("reset".into()), Ok("never seen".into())];
    in_memory(&[(CONTENT_DISPOSITION, NAMED)], body(stream::iter(pieces))).await.unwrap()
}

/// A file that a server promised more of than it sends before it closes the connection.
async fn cut_short() -> Download {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = feishu_im::Client::builder("cli_1", "secret")
        .over::<Tested>()
        .base_url(format!("http://{}", listener.local_addr().unwrap()))
        .build()
        .unwrap()
        .with_token("t-1");
    let call = tokio::spawn(GetFile::new("file_1").send(&client).into_future());
    let (mut stream, _) = listener.accept().await.unwrap();
    let _ = stream.read(&mut [0; 4096]).await.unwrap();
    let head = format!("HTTP/1.1 200 X\r\nContent-Disposition: {NAMED}\r\nContent-Length: 100\r\n");
    stream.write_all(format!("{head}\r\nthe beginning").as_bytes()).await.unwrap();
    drop(stream);
    call.await.unwrap().unwrap()
}

#[tokio::test]
async fn a_file_can_be_read_in_every_way() {
    let folder = TempDir::new().unwrap();
    let given = [(CONTENT_DISPOSITION, NAMED), (CONTENT_TYPE, "application/pdf")];
    let (mock, download) = serving(&given, contents()).await;
    assert_eq!(download.file_name().as_deref(), Some("report.pdf"));
    assert_eq!(download.content_type(), Some("application/pdf"));
    assert_eq!(download.content_length(), Some(contents().len() as u64));
    assert_eq!(download.bytes(contents().len()).await.unwrap(), contents());

    let client =
        feishu_im::Client::builder("cli_1", "secret").over::<Tested>().base_url(mock.url());
    let client = client.build().unwrap();
    let get = async || GetFile::new("file_1").send(&client).await.unwrap();

    let mut download = get().await;
    let mut read = Vec::new();
    while let Some(piece) = download.chunk().await.unwrap() {
        read.extend_from_slice(&piece);
    }
    assert_eq!(read, contents());

    let pieces: Vec<_> = get().await.into_stream().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), contents());

    let mut written = Vec::new();
    let size = get().await.write_to(&mut written).await.unwrap();
    assert_eq!((size, written), (contents().len() as u64, contents().to_vec()));

    let path = folder.path().join("mine.pdf");
    assert_eq!(get().await.save_as(&path).await.unwrap(), contents().len() as u64);
    assert_eq!(std::fs::read(&path).unwrap(), contents());

    let path = get().await.save_in(&folder).await.unwrap();
    assert_eq!(path, folder.path().join("report.pdf"));
    assert_eq!(std::fs::read(&path).unwrap(), contents());
    assert_eq!(names(folder.path()), ["mine.pdf", "report.pdf"]);
}

#[tokio::test]
async fn a_download_is_a_stream_that_a_task_can_take() {
    let (_mock, download) = serving(&[(CONTENT_DISPOSITION, NAMED)], contents()).await;
    let stream = download.into_stream();
    let pieces = tokio::spawn(async move { stream.try_collect::<Vec<_>>().await });
    assert_eq!(pieces.await.unwrap().unwrap().concat(), contents());
}

#[tokio::test]
async fn the_vendor_is_asked_in_the_way_in_which_it_names_the_file() {
    let (mock, client) = platform().await;
    mock.on::<GetMessageResource>().respond(Reply::new(200));
    let required =
        GetMessageResourceRequired { message_id: "om_1", file_key: "file_1", kind: "file".into() };
    let answer = GetMessageResource::new(required).send(&client).with_meta().await.unwrap();
    assert_eq!((answer.status, answer.attempts), (200, 1));
    assert!(answer.log_id.is_some());
    let request = &mock.requests()[0];
    assert_eq!(request.target, "/open-apis/im/v1/messages/om_1/resources/file_1?type=file");
    assert_eq!(request.headers[CONTENT_TYPE], "application/json; charset=utf-8");
    assert_eq!(request.headers[ACCEPT_ENCODING], "identity");
    assert!(request.body.is_empty());
}

#[tokio::test]
async fn memory_is_spent_up_to_the_limit_that_was_given() {
    let (_mock, download) = serving(&[(CONTENT_DISPOSITION, NAMED)], contents()).await;
    let error = download.bytes(contents().len() - 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.to_string().contains("larger than 299999 bytes"), "{error}");
    assert_eq!(error.operation(), Some("im.v1.file.get"));

    // Without a size that the server tells, once there is too much.
    let given = [(CONTENT_DISPOSITION, NAMED)];
    let download = in_memory(&given, body(pieces())).await.unwrap();
    assert_eq!(download.bytes(100_000).await.unwrap_err().kind(), ErrorKind::LimitExceeded);
    let given = [(CONTENT_DISPOSITION, NAMED), (CONTENT_LENGTH, "300000")];
    let unread = body(stream::once(async { panic!("the transfer began") }));
    let download = in_memory(&given, unread).await.unwrap();
    assert_eq!(download.bytes(299_999).await.unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let folder = TempDir::new().unwrap();
    let (_mock, download) = serving(&[(CONTENT_DISPOSITION, NAMED)], Bytes::new()).await;
    let path = download.save_in(&folder).await.unwrap();
    assert_eq!(std::fs::read(path).unwrap(), b"");
    let (_mock, download) = serving(&[], Bytes::new()).await;
    assert_eq!(download.bytes(0).await.unwrap(), "");
}

#[tokio::test]
async fn progress_ends_with_the_size() {
    let (_mock, download) = serving(&[(CONTENT_DISPOSITION, NAMED)], contents()).await;
    let reports = Arc::new(Mutex::new(Vec::new()));
    let told = reports.clone();
    let download = download.on_progress(move |progress| told.lock().unwrap().push(progress));
    download.bytes(usize::MAX).await.unwrap();
    let reports = reports.lock().unwrap();
    let total = contents().len() as u64;
    assert!(reports.is_sorted_by(|before, after| before.bytes < after.bytes), "{reports:?}");
    assert!(reports.iter().all(|report| report.total == Some(total)), "{reports:?}");
    assert_eq!(reports.last().unwrap().bytes, total);
}

#[tokio::test]
async fn a_file_that_breaks_off_is_an_error_that_comes_once() {
    for download in [broken().await, cut_short().await] {
        let mut stream = std::pin::pin!(download.into_stream());
        assert!(stream.next().await.unwrap().is_ok());
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transfer, 1));
        assert!(error.to_string().contains("broke off after"), "{error}");
        assert!(stream.next().await.is_none());
    }
    assert_eq!(broken().await.bytes(usize::MAX).await.unwrap_err().kind(), ErrorKind::Transfer);
    let error = cut_short().await.write_to(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transfer);
}

#[tokio::test]
async fn a_size_that_is_not_kept_is_an_error_and_nothing_is_saved() {
    let folder = TempDir::new().unwrap();
    let named = (CONTENT_DISPOSITION, NAMED);
    for (status, size, received, kind) in [
        (200, (CONTENT_LENGTH, "50"), 10, ErrorKind::Transfer),
        (200, (CONTENT_LENGTH, "10"), 50, ErrorKind::Decode),
        (206, (CONTENT_RANGE, "bytes 0-49/50"), 10, ErrorKind::Transfer),
        (206, (CONTENT_RANGE, "bytes 0-9/10"), 50, ErrorKind::Decode),
    ] {
        let given = [named.clone(), size.clone()];
        let pieces = stream::iter((0..received / 5).map(|_| Ok("piece".into())));
        let download = in_memory_as(status, &given, body(pieces)).await.unwrap();
        let error = download.save_in(&folder).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{size:?}: {error}");
        assert!(error.to_string().contains("10 "), "{error}");
        assert_eq!(names(folder.path()).len(), 0);

        // The size of a form that is kept.
        let pieces = stream::iter((0..10).map(|_| Ok("piece".into())));
        let given = match status {
            200 => [named.clone(), (CONTENT_LENGTH, "50")],
            _ => [named.clone(), (CONTENT_RANGE, "bytes 0-49/50")],
        };
        let download = in_memory_as(status, &given, body(pieces)).await.unwrap();
        assert_eq!(download.content_length(), Some(50));
        assert_eq!(download.bytes(50).await.unwrap().len(), 50);
    }
}

#[tokio::test]
async fn a_response_that_does_not_hold_the_file_as_it_is_is_an_error() {
    let named = (CONTENT_DISPOSITION, NAMED);
    for (status, given, hint) in [
        (200, (CONTENT_ENCODING, "gzip"), "compressed"),
        (206, (CONTENT_RANGE, "bytes 0-9/50"), "a part of the file"),
        (206, (CONTENT_TYPE, "multipart/byteranges; boundary=x"), "a part of the file"),
        (204, (CONTENT_TYPE, "image/png"), "no file"),
        (202, (CONTENT_TYPE, "image/png"), "no file"),
    ] {
        let given = [named.clone(), given];
        let error = in_memory_as(status, &given, Body::from(contents())).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{error}");
        assert_eq!(error.operation(), Some("im.v1.file.get"));
        assert_eq!(error.api().unwrap().status(), status);
        assert!(error.to_string().contains(hint), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_breaks_off_leaves_nothing_behind() {
    let folder = folder_with("report.pdf", b"the earlier one");
    let empty = TempDir::new().unwrap();
    for saved in [
        broken().await.save_as(folder.path().join("report.pdf")).await,
        cut_short().await.save_as(folder.path().join("report.pdf")).await,
        broken().await.save_in(&empty).await.map(|_| 0),
        cut_short().await.save_in(&empty).await.map(|_| 0),
    ] {
        assert_eq!(saved.unwrap_err().kind(), ErrorKind::Transfer);
    }
    assert_eq!(names(folder.path()), ["report.pdf"]);
    assert_eq!(std::fs::read(folder.path().join("report.pdf")).unwrap(), b"the earlier one");
    assert_eq!(names(empty.path()).len(), 0);
}

#[tokio::test]
async fn a_download_that_is_dropped_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let pieces = stream::iter([Ok(contents())]).chain(stream::pending());
    let given = [(CONTENT_DISPOSITION, NAMED)];
    let download = in_memory(&given, body(pieces)).await.unwrap();
    let (started, told) = tokio::sync::oneshot::channel();
    let started = Mutex::new(Some(started));
    let download = download.on_progress(move |_| {
        let _ = started.lock().unwrap().take().unwrap().send(());
    });
    let save = Box::pin(download.save_in(folder.path()));
    let futures_util::future::Either::Right((_, save)) =
        futures_util::future::select(save, told).await
    else {
        panic!("the file was saved");
    };
    assert_eq!(names(folder.path()).len(), 1);
    drop(save);
    assert_eq!(names(folder.path()).len(), 0);
}

#[tokio::test]
async fn a_file_of_the_same_name_is_kept_unless_the_caller_says_otherwise() {
    let folder = folder_with("report.pdf", b"the earlier one");
    let path = folder.path().join("report.pdf");
    let download = async || serving(&[(CONTENT_DISPOSITION, NAMED)], contents()).await.1;
    for number in 1..=3 {
        let saved = download().await.save_in(&folder).await.unwrap();
        assert_eq!(saved, folder.path().join(format!("report-{number}.pdf")));
        assert_eq!(std::fs::read(saved).unwrap(), contents());
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"the earlier one");
    let replacing = download().await.if_exists(IfExists::Replace);
    assert_eq!(replacing.save_in(&folder).await.unwrap(), path);
    assert_eq!(std::fs::read(&path).unwrap(), contents());

    std::fs::write(&path, b"the earlier one").unwrap();
    download().await.save_as(&path).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), contents());
    assert_eq!(
        names(folder.path()),
        ["report-1.pdf", "report-2.pdf", "report-3.pdf", "report.pdf"]
    );
}

/// A download of which nothing may be read.
async fn unread() -> Download {
    let pieces = stream::once(async { panic!("the transfer began") });
    in_memory(&[(CONTENT_DISPOSITION, NAMED)], body(pieces)).await.unwrap()
}

#[tokio::test]
async fn what_cannot_be_saved_is_refused_before_the_transfer() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("report.pdf");
    std::fs::create_dir(&path).unwrap();
    let mut errors = vec![
        unread().await.if_exists(IfExists::Fail).save_in(&folder).await.unwrap_err(),
        unread().await.if_exists(IfExists::Replace).save_in(&folder).await.unwrap_err(),
        unread().await.save_as(&path).await.unwrap_err(),
        unread().await.save_as(path.join("..")).await.unwrap_err(),
        unread().await.save_as("").await.unwrap_err(),
    ];
    // Other systems find out when they create it.
    if cfg!(unix) {
        let long = folder.path().join("x".repeat(300));
        errors.push(unread().await.save_as(long).await.unwrap_err());
    }
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::File);
        assert!(error.api().is_none(), "{error}");
    }
    assert_eq!(names(folder.path()), ["report.pdf"]);
}

#[tokio::test]
async fn a_name_that_is_taken_during_the_transfer_costs_nothing() {
    for choice in [IfExists::Rename, IfExists::Fail] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("report.pdf");
        let taken = path.clone();
        let pieces = stream::once(async move {
            std::fs::write(taken, "the faster one").unwrap();
            Ok(contents())
        });
        let download = in_memory(&[(CONTENT_DISPOSITION, NAMED)], body(pieces)).await.unwrap();
        let saved = download.if_exists(choice).save_in(&folder).await.unwrap();
        assert_eq!(saved, folder.path().join("report-1.pdf"));
        assert_eq!(std::fs::read(saved).unwrap(), contents());
        assert_eq!(std::fs::read(path).unwrap(), b"the faster one");
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named() {
    let folder = TempDir::new().unwrap();
    let nowhere = folder.path().join("nowhere");
    std::fs::create_dir(folder.path().join("taken")).unwrap();
    let given = [(CONTENT_DISPOSITION, NAMED)];
    let download = async || serving(&given, contents()).await.1;
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for (error, place) in [
        (download().await.save_in(file.join("x")).await.unwrap_err(), "file"),
        (download().await.save_as(nowhere.join("x")).await.unwrap_err(), "nowhere"),
        (download().await.save_as(folder.path().join("taken")).await.unwrap_err(), "taken"),
    ] {
        assert_eq!(error.kind(), ErrorKind::File);
        assert_eq!(error.operation(), Some("im.v1.file.get"));
        assert!(error.to_string().contains(place), "{error}");
    }
    assert_eq!(names(folder.path()), ["file", "taken"]);
    assert_eq!(names(&folder.path().join("taken")).len(), 0);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_made() {
    let outside = TempDir::new().unwrap();
    let folder = outside.path().join("a/b");
    let given = [(CONTENT_DISPOSITION, NAMED)];
    let path = serving(&given, contents()).await.1.save_in(&folder).await.unwrap();
    assert_eq!(std::fs::read(path).unwrap(), contents());
}

#[tokio::test]
async fn a_file_never_leaves_its_folder() {
    let outside = TempDir::new().unwrap();
    let folder = outside.path().join("folder");
    std::fs::create_dir(&folder).unwrap();
    for (header, name) in [
        ("attachment; filename=\"../../etc/passwd\"", "passwd"),
        ("attachment; filename=\"/etc/shadow\"", "shadow"),
        ("attachment; filename=\"C:\\dir\\x.txt\"", "x.txt"),
        ("attachment; filename=\"..\\\\..\\\\boot.ini\"", "boot.ini"),
        ("attachment; filename*=UTF-8''..%2F..%2Fescaped.txt", "escaped.txt"),
        ("attachment; filename=\".hidden\"", "hidden"),
        ("attachment; filename=\"..\"", "download"),
    ] {
        let (_mock, download) = serving(&[(CONTENT_DISPOSITION, header)], contents()).await;
        let path = download.save_in(&folder).await.unwrap();
        assert_eq!(path, folder.join(name), "{header}");
        assert_eq!(names(&folder), [name], "{header}");
        std::fs::remove_file(path).unwrap();
    }
    assert_eq!(names(outside.path()), ["folder"]);
}

#[tokio::test]
async fn a_file_without_a_name_is_called_download() {
    let folder = TempDir::new().unwrap();
    let (_mock, download) = serving(&[(CONTENT_TYPE, "image/png")], contents()).await;
    let path = download.save_in(&folder).await.unwrap();
    assert_eq!(path, folder.path().join("download.png"));
    let (_mock, download) = serving(&[(CONTENT_DISPOSITION, "attachment")], contents()).await;
    let path = download.save_in(&folder).await.unwrap();
    assert_eq!(path, folder.path().join("download"));
}

#[tokio::test]
async fn a_name_is_saved_as_it_was_meant() {
    let folder = TempDir::new().unwrap();
    for (header, name) in [
        (&b"a; filename=\"%E6%B5%8B%E8%AF%95.pdf\""[..], "测试.pdf"),
        (b"a; filename=\"=?UTF-8?B?5rWL6K+V?=.pdf\"", "测试.pdf"),
        ("a; filename=\"æµ‹è¯•.pdf\"".as_bytes(), "测试.pdf"),
        (b"a; filename=\"\xb2\xe2\xca\xd4.pdf\"", "测试.pdf"),
        (b"a; filename*=GBK''%B2%E2%CA%D4.pdf", "测试.pdf"),
        (b"a; filename=\"-rf\"", "_-rf"),
        (b"a; filename=\"desktop.ini\"", "_desktop.ini"),
        ("a; filename=\"\u{61c}\"".as_bytes(), "download"),
    ] {
        let mut answer = Response::new(Body::from(contents()));
        answer.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_bytes(header).unwrap());
        let answer = Mutex::new(Some(answer));
        let client = answered_by(move |_| {
            let answer = answer.lock().unwrap().take().unwrap();
            async move { Ok(answer) }
        });
        let client = client.build().unwrap().with_token("t-1");
        let download = GetFile::new("file_1").send(&client).await.unwrap();
        let path = download.save_in(&folder).await.unwrap();
        assert_eq!(path, folder.path().join(name));
        std::fs::remove_file(path).unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_has_the_permissions_that_any_other_has() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder_with("other", b"");
    let (_mock, download) = serving(&[(CONTENT_DISPOSITION, NAMED)], contents()).await;
    let path = download.save_in(&folder).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&folder.path().join("other")));
}

#[tokio::test]
async fn the_platforms_word_is_told_from_a_file() {
    let (mock, client) = platform().await;
    for status in [400, 200] {
        for content_type in [Some("application/JSON; charset=utf-8"), Some("text/plain"), None] {
            let given = content_type.map(|content_type| (CONTENT_TYPE, content_type));
            mock.on::<GetFile>().respond(reply(status, given.as_slice(), AN_ERROR));
            let error = GetFile::new("file_1").send(&client).await.unwrap_err();
            assert_eq!(error.operation(), Some("im.v1.file.get"));
            let api = error.api().unwrap();
            assert_eq!((api.code(), api.status()), ("234001", status), "{error}");
            assert!(api.log_id().is_some(), "{error}");
        }
    }
}

#[tokio::test]
async fn an_error_with_the_header_of_a_file_is_an_error() {
    let (mock, client) = platform().await;
    mock.on::<GetFile>().respond(reply(400, &[(CONTENT_DISPOSITION, NAMED)], AN_ERROR));
    let error = GetFile::new("file_1").send(&client).await.unwrap_err();
    assert_eq!(error.api().unwrap().code(), "234001");
}

#[tokio::test]
async fn a_refusal_that_says_success_is_no_file() {
    let (mock, client) = platform().await;
    mock.on::<GetFile>().respond(Reply::new(404).body(r#"{"code":0,"msg":"ok"}"#));
    let error = GetFile::new("file_1").send(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.api().unwrap().status()), (ErrorKind::Decode, 404));
    assert!(error.to_string().contains("neither a file nor an error"), "{error}");
}

#[tokio::test]
async fn a_file_of_json_is_a_file() {
    let json = (CONTENT_TYPE, "application/json");
    for (given, contents) in [
        (vec![json.clone(), (CONTENT_DISPOSITION, NAMED)], AN_ERROR),
        (vec![json.clone()], r#"{"name":"x","code_of_conduct":1}"#),
        (vec![json.clone()], r#"{"code":0,"data":{"a":1}}"#),
        (vec![json.clone()], r#"{"code":"GB","msg":"x"}"#),
        (vec![json.clone()], "[1,2,3]"),
        (vec![json], "{\"cut off"),
        (vec![], "{}"),
        (vec![(CONTENT_TYPE, "text/plain")], "a text"),
        (vec![(CONTENT_TYPE, "application/octet-stream")], AN_ERROR),
    ] {
        let (_mock, download) = serving(&given, contents.into()).await;
        assert_eq!(download.bytes(100).await.unwrap(), contents);
    }
}

#[tokio::test]
async fn a_large_file_of_json_arrives_whole() {
    let large = format!("{{\"code\":1,\"x\":\"{}\"}}", "y".repeat(1_000_000));
    let given = [(CONTENT_TYPE, "application/json")];
    let (_mock, download) = serving(&given, large.clone().into()).await;
    assert_eq!(download.content_length(), Some(large.len() as u64));
    assert_eq!(download.bytes(usize::MAX).await.unwrap(), large);
    // With the limit in the middle of a piece, at its end and just before.
    for size in [1, 1000, 64 * 1024, 64 * 1024 + 1, 100_000] {
        let pieces: Vec<_> = large.as_bytes().chunks(size).map(Bytes::copy_from_slice).collect();
        let pieces = stream::iter(pieces.into_iter().map(Ok));
        let download = in_memory(&given, body(pieces)).await.unwrap();
        assert_eq!(download.bytes(usize::MAX).await.unwrap(), large, "{size}");
    }
}

#[tokio::test]
async fn a_rejected_token_is_replaced() {
    let (mock, client) = platform().await;
    mock.on::<GetFile>().respond(reply(200, &[(CONTENT_DISPOSITION, NAMED)], contents()));
    GetFile::new("file_1").send(&client).await.unwrap().bytes(usize::MAX).await.unwrap();
    mock.revoke_tokens();
    let answer = GetFile::new("file_1").send(&client).with_meta().await.unwrap();
    assert_eq!(answer.attempts, 2);
    assert_eq!(answer.output.bytes(usize::MAX).await.unwrap(), contents());
    assert_eq!((mock.requests().len(), mock.token_requests().len()), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_waited_for() {
    let file = Response::builder().header(CONTENT_DISPOSITION, NAMED);
    let file = file.body(Body::from(contents())).unwrap();
    let answers = Mutex::new(VecDeque::from([json(429, THROTTLED), json(503, ""), file]));
    let client = answered_by(move |_| {
        let answer = answers.lock().unwrap().pop_front().unwrap();
        async move { Ok(answer) }
    });
    let client = client.build().unwrap().with_token("t-1");
    let answer = GetFile::new("file_1").send(&client).with_meta().await.unwrap();
    assert_eq!(answer.attempts, 3);
    assert_eq!(answer.output.bytes(usize::MAX).await.unwrap(), contents());
}

/// A body with a piece every `wait`, the first of them at once.
fn slow(pieces: u32, wait: Duration) -> Body {
    body(stream::iter(0..pieces).then(move |index| async move {
        tokio::time::sleep(wait * index.min(1)).await;
        Ok(Bytes::from_static(b"piece"))
    }))
}

#[tokio::test(start_paused = true)]
async fn a_file_may_arrive_for_an_hour() {
    let given = [(CONTENT_DISPOSITION, NAMED)];
    let started = Instant::now();
    let download = in_memory(&given, slow(200, 20 * SECOND)).await.unwrap();
    assert_eq!(download.bytes(usize::MAX).await.unwrap().len(), 1000);
    assert!(started.elapsed() > HOUR, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_file_of_which_nothing_comes_is_given_up() {
    let folder = TempDir::new().unwrap();
    let given = [(CONTENT_DISPOSITION, NAMED)];
    let mut download = in_memory(&given, slow(2, 31 * SECOND)).await.unwrap();
    download.chunk().await.unwrap().unwrap();
    let started = Instant::now();
    let error = download.chunk().await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed()), (ErrorKind::Timeout, 30 * SECOND));
    assert!(error.to_string().contains("no progress for 30s"), "{error}");

    let download = in_memory(&given, slow(2, 31 * SECOND)).await.unwrap();
    assert_eq!(download.save_in(&folder).await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(names(folder.path()).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_idle_timeout_can_be_set() {
    for (timeout, succeeds) in [(5 * SECOND, false), (Duration::MAX, true)] {
        let client = answered_by(|_| async {
            let answer = Response::builder().header(CONTENT_DISPOSITION, NAMED);
            Ok(answer.body(slow(2, HOUR)).unwrap())
        });
        let client = client.idle_timeout(timeout).build().unwrap().with_token("t-1");
        let call = GetFile::new("file_1").send(&client).timeout(Duration::MAX);
        let read = call.await.unwrap().bytes(100).await;
        assert_eq!(read.is_ok(), succeeds, "{read:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_may_take_its_time() {
    let given = [(CONTENT_DISPOSITION, NAMED)];
    let mut download = in_memory(&given, slow(3, SECOND)).await.unwrap();
    while download.chunk().await.unwrap().is_some() {
        tokio::time::sleep(HOUR).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_arrives_too_slowly_is_given_up() {
    let given = [(CONTENT_DISPOSITION, NAMED)];
    let folder = TempDir::new().unwrap();
    // 5 bytes each time.
    for (wait, rate, ends_after) in [
        (SECOND, 6, Some(10 * SECOND)),
        (29 * SECOND, 1, Some(10 * SECOND)),
        (SECOND, 5, None),
        (9 * SECOND, 0, None),
    ] {
        let download = in_memory(&given, slow(100, wait)).await.unwrap().min_rate(rate);
        let started = Instant::now();
        let saved = download.save_in(&folder).await;
        let Some(ends_after) = ends_after else {
            std::fs::remove_file(saved.unwrap()).unwrap();
            continue;
        };
        let error = saved.unwrap_err();
        assert_eq!((error.kind(), started.elapsed()), (ErrorKind::Timeout, ends_after));
        let hint = format!("slower than {rate} bytes per second");
        assert!(error.to_string().contains(&hint), "{error}");
        assert_eq!(names(folder.path()).len(), 0);
    }
    // Fast at first, and then not: each window counts.
    let pieces = stream::iter([Ok(contents())]).chain(stream::iter(0..100).then(|_| async {
        tokio::time::sleep(20 * SECOND).await;
        Ok("piece".into())
    }));
    let download = in_memory(&given, body(pieces)).await.unwrap().min_rate(1);
    let started = Instant::now();
    assert_eq!(download.bytes(usize::MAX).await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(started.elapsed(), 20 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_time_that_a_reader_takes_is_not_a_slow_transfer() {
    let given = [(CONTENT_DISPOSITION, NAMED)];
    let mut download = in_memory(&given, slow(30, SECOND)).await.unwrap().min_rate(4);
    while download.chunk().await.unwrap().is_some() {
        tokio::time::sleep(HOUR).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_transfer_can_be_given_a_time() {
    let given = [(CONTENT_DISPOSITION, NAMED)];
    let folder = TempDir::new().unwrap();
    let download = in_memory(&given, slow(1000, 29 * SECOND)).await.unwrap();
    let started = Instant::now();
    let error = download.timeout(60 * SECOND).save_in(&folder).await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed()), (ErrorKind::Timeout, 60 * SECOND));
    assert!(error.to_string().contains("was given 60s"), "{error}");
    assert_eq!(names(folder.path()).len(), 0);
    // However fast the rest would be.
    let endless = stream::repeat_with(|| Ok(Bytes::from_static(b"piece")));
    let mut download = in_memory(&given, body(endless)).await.unwrap().timeout(60 * SECOND);
    download.chunk().await.unwrap();
    tokio::time::sleep(61 * SECOND).await;
    assert_eq!(download.chunk().await.unwrap_err().kind(), ErrorKind::Timeout);
    let download = in_memory(&given, slow(3, SECOND)).await.unwrap().timeout(Duration::MAX);
    assert_eq!(download.bytes(15).await.unwrap().len(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_does_not_begin_is_a_call_without_an_answer() {
    let client = answered_by(|_| std::future::pending()).build().unwrap().with_token("t-1");
    let started = Instant::now();
    let call = GetFile::new("file_1").send(&client).timeout(7 * SECOND);
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed()), (ErrorKind::Timeout, 7 * SECOND));
    let error = GetFile::new("file_1").send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(started.elapsed() <= 37 * SECOND, "{:?}", started.elapsed());
}

#[tokio::test]
async fn debug_shows_no_contents() {
    let body = Body::from(Bytes::from_static(b"hunter2"));
    let mut download = in_memory(&[(CONTENT_DISPOSITION, NAMED)], body).await.unwrap();
    let before = format!("{download:?}");
    download.chunk().await.unwrap();
    for shown in [before, format!("{download:?}")] {
        assert!(shown.contains("im.v1.file.get") && shown.contains("report.pdf"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
