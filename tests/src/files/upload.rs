use super::*;
use crate::tested::Tested;

#[tokio::test]
async fn a_form_is_the_same_wherever_the_file_comes_from() {
    let (mock, client) = platform().await;
    let folder = folder_with("report.bin", &contents());
    let length = contents().len() as u64;
    let path = folder.path().join("report.bin");
    for (upload, name, has_length) in [
        (Upload::from_bytes(contents()), "file", true),
        (Upload::from_path(&path), "report.bin", true),
        (Upload::from_path(&path).file_name("other.bin"), "other.bin", true),
        (Upload::from_stream(pieces(), Some(length)), "file", true),
        (Upload::from_stream(pieces(), None).file_name("s.bin"), "s.bin", false),
    ] {
        let sent = create_file(upload).send(&client).await.unwrap();
        assert!(!sent.file_key.is_empty());
        let request = mock.requests().pop().unwrap();
        assert_eq!(form(&request).await, expected(file(name, &contents())));
        let length = request.headers.get(CONTENT_LENGTH).map(|text| text.to_str().unwrap());
        let expected = has_length.then(|| request.body.len().to_string());
        assert_eq!(length, expected.as_deref(), "{name}");
    }
}

#[tokio::test]
async fn a_body_says_how_much_of_it_is_left() {
    let client = answered_by(|request| async move {
        let mut body = request.into_body();
        let mut left = body.size_hint().exact().unwrap();
        while let Some(frame) = body.frame().await {
            left -= frame.unwrap().into_data().unwrap().len() as u64;
            assert_eq!(body.size_hint().exact(), Some(left));
        }
        assert_eq!(left, 0);
        Ok(json(200, CREATED))
    });
    create_file(contents()).send(&client.build().unwrap().with_token("t-1")).await.unwrap();
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let (mock, client) = platform().await;
    let folder = folder_with("empty", b"");
    for upload in [
        Upload::from_bytes(Bytes::new()).file_name("empty"),
        Upload::from_path(folder.path().join("empty")),
        Upload::from_stream(stream::empty::<Result<_, BodyError>>(), Some(0)).file_name("empty"),
    ] {
        create_file(upload).send(&client).await.unwrap();
        let request = mock.requests().pop().unwrap();
        assert_eq!(form(&request).await, expected(file("empty", &Bytes::new())));
    }
}

#[tokio::test]
async fn an_image_is_sent_as_well() {
    let (mock, client) = platform().await;
    mock.on::<CreateImage>();
    CreateImage::new(ImageType::Message, contents()).send(&client).await.unwrap();
    let fields = form(&mock.requests()[0]).await;
    let image = Field { name: "image".to_owned(), ..file("image", &contents()) };
    assert_eq!(fields, [text("image_type", "message"), image]);
}

#[tokio::test]
async fn a_name_cannot_break_the_form() {
    let (mock, client) = platform().await;
    for (name, read) in [
        ("群 文件.pdf", "群 文件.pdf"),
        ("a\"; name=\"b.pdf", "a_; name=_b.pdf"),
        ("a\r\nX-Evil: b\r\n\r\nc.pdf", "a__X-Evil: b____c.pdf"),
        ("a\nb", "a_b"),
        ("a;b=c", "a;b=c"),
        ("a%22b", "a%22b"),
        ("a\\", "a_"),
        ("a\\\"b", "a__b"),
        ("", "file"),
        ("a\0b\u{7f}c\u{85}d\u{2028}e\te", "a_b_c_d_e_e"),
    ] {
        let upload = Upload::from_bytes("x").file_name(name);
        create_file(upload).send(&client).await.unwrap();
        let request = mock.requests().pop().unwrap();
        assert_eq!(form(&request).await, expected(file(read, &"x".into())), "{name:?}");
    }
}

#[tokio::test]
async fn the_text_of_a_field_is_sent_as_it_is() {
    let (mock, client) = platform().await;
    let name = "--x\r\nContent-Disposition: form-data; name=\"file_type\"\r\n\r\n群";
    let required = CreateFileRequired {
        file_type: FileType::Stream,
        file_name: name,
        file: "x".as_bytes().into(),
    };
    CreateFile::new(required).send(&client).await.unwrap();
    let fields = form(&mock.requests()[0]).await;
    assert_eq!(
        fields,
        [text("file_type", "stream"), text("file_name", name), file("file", &"x".into())]
    );
}

#[tokio::test]
async fn what_is_no_file_is_named_and_nothing_is_sent() {
    let (mock, client) = platform().await;
    let folder = TempDir::new().unwrap();
    let mut paths = vec![folder.path().join("nowhere.pdf"), folder.path().to_owned()];
    if cfg!(unix) {
        // To open it would wait for somebody who writes.
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        paths.push(pipe);
    }
    for path in paths {
        let error = create_file(&*path).send(&client).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::File, 0));
        assert_eq!(error.operation(), Some("im.v1.file.create"));
        assert!(error.to_string().contains(&format!("{path:?}")), "{error}");
    }
    assert_eq!(mock.requests().len(), 0);
}

/// The bodies that arrive at a platform which throttles all requests but the last.
fn throttling(times: usize) -> (feishu_im::ClientBuilder, Arc<Mutex<Vec<Vec<Field>>>>) {
    let arrived = Arc::new(Mutex::new(Vec::new()));
    let seen = arrived.clone();
    let builder = answered_by(move |request| {
        let seen = seen.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(TransportError::transfer)?.to_bytes();
            let fields = fields(&head.headers, body).await;
            let mut seen = seen.lock().unwrap();
            seen.push(fields);
            Ok(if seen.len() > times { json(200, CREATED) } else { json(429, THROTTLED) })
        }
    });
    (builder, arrived)
}

#[tokio::test(start_paused = true)]
async fn bytes_and_a_path_are_sent_again_after_a_limit() {
    let folder = folder_with("a.bin", &contents());
    let bytes = Upload::from_bytes(contents()).file_name("a.bin");
    for upload in [bytes, Upload::from_path(folder.path().join("a.bin"))] {
        let (builder, arrived) = throttling(2);
        let client = builder.build().unwrap().with_token("t-1");
        let sent = create_file(upload).send(&client).with_meta().await.unwrap();
        assert_eq!(sent.attempts, 3);
        let expected = || expected(file("a.bin", &contents()));
        assert_eq!(*arrived.lock().unwrap(), [expected(), expected(), expected()]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_is_opened_again_when_it_is_sent_again() {
    let folder = folder_with("a.txt", b"before");
    let path = folder.path().join("a.txt");
    let changed = path.clone();
    let (builder, arrived) = throttling(1);
    let upload = Upload::from_path(&path).on_progress(move |_| {
        std::fs::write(&changed, "changed, and longer").unwrap();
    });
    let client = builder.build().unwrap().with_token("t-1");
    create_file(upload).send(&client).await.unwrap();
    let arrived = arrived.lock().unwrap();
    assert_eq!(arrived[0], expected(file("a.txt", &"before".into())));
    assert_eq!(arrived[1], expected(file("a.txt", &"changed, and longer".into())));
}

#[tokio::test]
async fn bytes_and_a_path_are_sent_again_with_a_fresh_token() {
    let folder = folder_with("a.bin", &contents());
    let bytes = Upload::from_bytes(contents()).file_name("a.bin");
    for upload in [bytes, Upload::from_path(folder.path().join("a.bin"))] {
        let (mock, client) = platform().await;
        create_file(Vec::new()).send(&client).await.unwrap();
        mock.revoke_tokens();
        create_file(upload).send(&client).await.unwrap();
        let requests = mock.requests();
        assert_eq!((requests.len(), mock.token_requests().len()), (3, 2));
        for request in &requests[1..] {
            assert_eq!(form(request).await, expected(file("a.bin", &contents())));
        }
    }
}

#[tokio::test]
async fn a_stream_is_sent_once_though_the_token_was_rejected() {
    let (mock, client) = platform().await;
    create_file(Vec::new()).send(&client).await.unwrap();
    mock.revoke_tokens();
    let error = create_file(Upload::from_stream(pieces(), None)).send(&client).await;
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unauthenticated, 1));
    assert_eq!((mock.requests().len(), mock.token_requests().len()), (2, 1));
    // The caller, who can make a new stream, finds a new token.
    create_file(Upload::from_stream(pieces(), None)).send(&client).await.unwrap();
    assert_eq!((mock.requests().len(), mock.token_requests().len()), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_sent_once_whatever_the_answer() {
    type Answered = fn() -> Result<Response<Body>, TransportError>;
    let answers: [(Answered, _); 4] = [
        (|| Ok(json(429, THROTTLED)), ErrorKind::Throttled),
        (|| Ok(json(502, "<html>")), ErrorKind::Unavailable),
        (|| Err(TransportError::connect("refused")), ErrorKind::Connect),
        (|| Err(TransportError::transfer("reset")), ErrorKind::Transfer),
    ];
    for (answer, kind) in answers {
        let count = Arc::new(Mutex::new(0));
        let counted = count.clone();
        let client = answered_by(move |_| {
            *counted.lock().unwrap() += 1;
            async move { answer() }
        });
        let client = client.build().unwrap().with_token("t-1");
        let call = create_file(Upload::from_stream(pieces(), None)).send(&client);
        let error = call.idempotent(true).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (kind, 1), "{error}");
        assert_eq!(*count.lock().unwrap(), 1);
    }
}

#[tokio::test]
async fn a_stream_is_not_sent_a_second_time() {
    let (mock, client) = platform().await;
    let create = create_file(Upload::from_stream(pieces(), None));
    let copy = create.clone();
    create.send(&client).await.unwrap();
    for again in [create, copy] {
        let error = again.send(&client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains("sent before"), "{error}");
    }
    assert_eq!(mock.requests().len(), 1);
}

#[tokio::test]
async fn a_stream_that_fails_is_a_file_that_failed() {
    let (mock, client) = platform().await;
    for length in [None, Some(contents().len() as u64)] {
        let broken = pieces().take(2).chain(stream::iter([Err("the disk is gone".into())]));
        let create = create_file(Upload::from_stream(broken, length));
        let error = create.send(&client).idempotent(true).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::File, 1), "{error}");
        assert!(error.to_string().contains("the disk is gone"), "{error}");
    }
    assert_eq!(mock.requests().len(), 0, "a part was taken for the whole");
}

#[tokio::test]
async fn a_length_that_is_not_kept_is_an_error() {
    let (mock, client) = platform().await;
    let length = contents().len() as u64;
    for wrong in [length - 1, length + 1, 0, length - 60, u64::MAX] {
        let create = create_file(Upload::from_stream(pieces(), Some(wrong)));
        let error = create.send(&client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::File, "{error}");
        assert!(error.to_string().contains(&wrong.to_string()), "{error}");
    }
    assert_eq!(mock.requests().len(), 0, "a part was taken for the whole");
}

#[tokio::test]
async fn a_file_that_is_cut_while_it_is_sent_is_an_error() {
    let (mock, client) = platform().await;
    let folder = folder_with("a.bin", &contents());
    let path = folder.path().join("a.bin");
    let cut = path.clone();
    let upload = Upload::from_path(path).on_progress(move |_| {
        std::fs::write(&cut, "short").unwrap();
    });
    let error = create_file(upload).send(&client).idempotent(true).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::File, 1), "{error}");
    assert_eq!(mock.requests().len(), 0, "a part was taken for the whole");
}

#[tokio::test]
async fn progress_ends_with_the_size() {
    let (_mock, client) = platform().await;
    let folder = folder_with("a.bin", &contents());
    let length = contents().len() as u64;
    for (upload, total) in [
        (Upload::from_bytes(contents()), Some(length)),
        (Upload::from_path(folder.path().join("a.bin")), Some(length)),
        (Upload::from_stream(pieces(), Some(length)), Some(length)),
        (Upload::from_stream(pieces(), None), None),
    ] {
        let (reports, upload) = reported(upload);
        create_file(upload).send(&client).await.unwrap();
        let reports = reports.lock().unwrap();
        assert!(reports.len() > 3, "{reports:?}");
        assert!(reports.is_sorted_by(|before, after| before.bytes < after.bytes));
        assert!(reports.iter().all(|report| report.total == total), "{reports:?}");
        assert_eq!(reports.last().unwrap().bytes, length);
    }
}

fn reported(upload: Upload) -> (Arc<Mutex<Vec<Progress>>>, Upload) {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let told = reports.clone();
    (reports, upload.on_progress(move |progress| told.lock().unwrap().push(progress)))
}

#[tokio::test(start_paused = true)]
async fn progress_starts_again_with_each_attempt() {
    let (builder, _) = throttling(1);
    let (reports, upload) = reported(Upload::from_bytes("abc"));
    create_file(upload).send(&builder.build().unwrap().with_token("t-1")).await.unwrap();
    let bytes: Vec<_> = reports.lock().unwrap().iter().map(|report| report.bytes).collect();
    assert_eq!(bytes, [3, 3]);
}

/// A stream with a piece every `wait`.
fn slow(pieces: u32, wait: Duration) -> Upload {
    let pieces = stream::iter(0..pieces).then(move |_| async move {
        tokio::time::sleep(wait).await;
        Ok::<_, Infallible>(Bytes::from_static(b"piece"))
    });
    Upload::from_stream(pieces, None)
}

/// Reads the body to its end, and waits after each piece.
fn reading(wait: Duration) -> feishu_im::ClientBuilder {
    answered_by(move |request| async move {
        let mut body = request.into_body();
        while let Some(frame) = body.frame().await {
            frame.map_err(TransportError::transfer)?;
            tokio::time::sleep(wait).await;
        }
        Ok(json(200, CREATED))
    })
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_moves_may_take_an_hour() {
    let send = async |builder: feishu_im::ClientBuilder, upload: Upload| {
        let builder = builder.timeout(SECOND).attempt_timeout(SECOND);
        let client = builder.build().unwrap().with_token("t-1");
        let started = Instant::now();
        create_file(upload).send(&client).await.unwrap();
        assert!(started.elapsed() > HOUR, "{:?}", started.elapsed());
    };
    send(reading(Duration::ZERO), slow(181, 20 * SECOND)).await;
    send(reading(20 * SECOND), slow(181, Duration::ZERO)).await;
    let large = Bytes::from(vec![0; 181 * 64 * 1024]);
    send(reading(20 * SECOND), large.into()).await;
    send(reading(Duration::ZERO).idle_timeout(Duration::MAX), slow(2, HOUR)).await;
}

/// Sends, and returns the error and the seconds that passed until then.
async fn failure(builder: feishu_im::ClientBuilder, upload: Upload) -> (Error, Duration) {
    let client = builder.build().unwrap().with_token("t-1");
    let started = Instant::now();
    let error = create_file(upload).send(&client).await.unwrap_err();
    (error, started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_stalls_is_given_up() {
    let stuck = || {
        let pieces = stream::iter([Ok::<_, Infallible>("x".into())]).chain(stream::pending());
        Upload::from_stream(pieces, None)
    };
    let taken_by_nobody = || answered_by(|_| std::future::pending());
    let never_answered = || {
        answered_by(|request| async move {
            request.into_body().collect().await.map_err(TransportError::transfer)?;
            std::future::pending().await
        })
    };
    for (builder, upload, moving) in [
        (reading(Duration::ZERO), stuck(), Duration::ZERO),
        (taken_by_nobody(), contents().into(), Duration::ZERO),
        (never_answered(), contents().into(), Duration::ZERO),
        (never_answered(), slow(10, 20 * SECOND), 200 * SECOND),
        (reading(Duration::ZERO), slow(10, 31 * SECOND), Duration::ZERO),
    ] {
        let (error, elapsed) = failure(builder, upload).await;
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1), "{error}");
        assert!(error.to_string().contains("no progress for 30s"), "{error}");
        assert_eq!(elapsed, moving + 30 * SECOND);
    }
    let builder = reading(Duration::ZERO).idle_timeout(5 * SECOND);
    let (error, elapsed) = failure(builder, stuck()).await;
    assert_eq!((error.kind(), elapsed), (ErrorKind::Timeout, 5 * SECOND), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_too_slow_is_given_up() {
    let large = || Upload::from_bytes(vec![0; 20 * 64 * 1024]);
    for (builder, upload) in [
        (reading(Duration::ZERO), slow(1000, SECOND)),
        (reading(20 * SECOND), large()),
        // Fast at first: each window counts.
        (reading(Duration::ZERO), Upload::from_stream(pieces().chain(stream::pending()), None)),
    ] {
        let (error, elapsed) = failure(builder, upload.min_rate(10_000)).await;
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1), "{error}");
        assert!(error.to_string().contains("slower than 10000 bytes per second"), "{error}");
        assert!([10 * SECOND, 20 * SECOND].contains(&elapsed), "{elapsed:?}");
    }
    let send = async |builder: feishu_im::ClientBuilder, upload: Upload| {
        let client = builder.build().unwrap().with_token("t-1");
        create_file(upload.min_rate(10_000)).send(&client).await.unwrap();
    };
    send(reading(2 * SECOND), large()).await;
    // The platform may take its time over a file that it has.
    for length in [None, Some(contents().len() as u64)] {
        let builder = answered_by(|request| async move {
            request.into_body().collect().await.map_err(TransportError::transfer)?;
            tokio::time::sleep(25 * SECOND).await;
            Ok(json(200, CREATED))
        });
        send(builder, Upload::from_stream(pieces(), length)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_the_caller_set_holds_for_an_upload() {
    let client = reading(Duration::ZERO).build().unwrap().with_token("t-1");
    let call = create_file(slow(181, 20 * SECOND)).send(&client).timeout(100 * SECOND);
    let started = Instant::now();
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed()), (ErrorKind::Timeout, 100 * SECOND), "{error}");
    let endless = create_file(slow(2, SECOND)).send(&client).timeout(Duration::MAX);
    endless.await.unwrap();
}

#[tokio::test]
async fn an_answer_that_comes_before_the_end_of_an_upload_is_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = feishu_im::Client::builder("cli_1", "secret")
        .over::<Tested>()
        .base_url(format!("http://{}", listener.local_addr().unwrap()))
        .build()
        .unwrap()
        .with_token("t-1");
    let endless = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[0; 1000])));
    let call = create_file(Upload::from_stream(endless, None)).send(&client);
    let call = tokio::spawn(call.into_future());
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut beginning = vec![0; 10_000];
    stream.read_exact(&mut beginning).await.unwrap();
    let body = r#"{"code":234006,"msg":"too large"}"#;
    let answer = format!("HTTP/1.1 400 X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.unwrap();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.api().unwrap().code(), "234006", "{error}");
}

#[test]
fn debug_shows_no_contents() {
    let secret = Bytes::from_static(b"hunter2");
    let stream = stream::iter([Ok::<_, Infallible>(secret.clone())]);
    for upload in [secret.into(), Upload::from_stream(stream, None)] {
        let shown = format!("{:?}", create_file(upload));
        assert!(shown.contains("Upload(") && !shown.contains("hunter2"), "{shown}");
        assert!(!shown.contains("104, 117"), "{shown}");
    }
}
