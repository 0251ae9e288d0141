use http::header::{ACCEPT_RANGES, AUTHORIZATION, ETAG, IF_RANGE, RANGE};

use super::*;

const PIECE: usize = 30_000;
const VERSION: &str = "\"v1\"";

/// The way in which a response to a request for a file ends.
#[derive(Clone, Copy)]
enum End {
    /// The connection breaks after so many bytes.
    Breaks(usize),
    /// The body ends too early, without a fault of the connection.
    Short(usize),
    /// Nothing comes any more.
    Stalls(usize),
    Complete,
}

/// The range and the version that a request asks for.
type Asked = (Option<String>, Option<String>);

/// A platform that sends files in ranges, and records what it was asked for.
#[derive(Clone)]
struct Files {
    ends: Arc<Mutex<VecDeque<End>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Changes the response to the request with this index.
    change: fn(usize, &mut Response<Body>),
}

impl Files {
    fn new(ends: impl IntoIterator<Item = End>) -> Self {
        let ends = Arc::new(Mutex::new(ends.into_iter().collect()));
        Self { ends, asked: Arc::default(), change: |_, _| () }
    }

    fn changed(self, change: fn(usize, &mut Response<Body>)) -> Self {
        Self { change, ..self }
    }

    fn builder(&self) -> feishu_im::ClientBuilder {
        let files = self.clone();
        answered_by(move |request| std::future::ready(Ok(files.answer(&request))))
    }

    async fn download(&self) -> Download {
        let client = self.builder().build().unwrap().with_token("t-1");
        GetFile::new("file_1").send(&client).await.unwrap()
    }

    fn answer(&self, request: &Request<Body>) -> Response<Body> {
        let text = |name| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
        let range = text(RANGE);
        let first = range.as_deref().map(|range| {
            range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
        });
        let index = self.asked.lock().unwrap().len();
        self.asked.lock().unwrap().push((range, text(IF_RANGE)));
        let end = self.ends.lock().unwrap().pop_front().unwrap();

        let size = contents().len();
        let answer = Response::builder()
            .header(CONTENT_DISPOSITION, "attachment; filename=\"report.pdf\"")
            .header(ETAG, VERSION)
            .header(ACCEPT_RANGES, "bytes");
        let answer = match first {
            Some(first) => answer
                .status(206)
                .header(CONTENT_RANGE, format!("bytes {first}-{}/{size}", size - 1)),
            None => answer.header(CONTENT_LENGTH, size),
        };
        let mut answer = answer.body(ending(contents().slice(first.unwrap_or(0)..), end)).unwrap();
        (self.change)(index, &mut answer);
        answer
    }

    /// The bytes from which on the file was asked for, after the first request.
    fn resumed_at(&self) -> Vec<usize> {
        let asked = self.asked.lock().unwrap();
        let resumed = asked.iter().skip(1).map(|(range, version)| {
            assert_eq!(version.as_deref(), Some(VERSION));
            let range = range.as_deref().unwrap();
            range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
        });
        resumed.collect()
    }
}

fn ending(contents: Bytes, end: End) -> Body {
    let sent = match end {
        End::Breaks(sent) | End::Short(sent) | End::Stalls(sent) => contents.slice(..sent),
        End::Complete => contents,
    };
    let pieces: Vec<_> =
        sent.chunks(PIECE).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let rest = stream::once(async move {
        match end {
            End::Breaks(_) => Some(Err(BodyError::from("reset"))),
            End::Stalls(_) => std::future::pending().await,
            End::Short(_) | End::Complete => None,
        }
    });
    body(stream::iter(pieces).chain(rest.filter_map(std::future::ready)))
}

#[tokio::test(start_paused = true)]
async fn a_download_that_breaks_goes_on_where_it_stopped() {
    let folder = TempDir::new().unwrap();
    for (first, second) in [
        (End::Breaks(100_000), End::Breaks(50_500)),
        (End::Short(100_000), End::Short(50_500)),
        (End::Stalls(100_000), End::Stalls(50_500)),
        (End::Breaks(0), End::Stalls(150_500)),
    ] {
        let files = Files::new([first, second, End::Complete]);
        let reports = Arc::new(Mutex::new(Vec::new()));
        let told = reports.clone();
        let download = files.download().await;
        let download = download.on_progress(move |progress| told.lock().unwrap().push(progress));
        let path = download.save_in(&folder).await.unwrap();
        assert_eq!(std::fs::read(path).unwrap(), contents());
        let expected: [usize; 2] = match first {
            End::Breaks(0) => [0, 150_500],
            _ => [100_000, 150_500],
        };
        assert_eq!(files.resumed_at(), expected);
        let reports = reports.lock().unwrap();
        assert!(reports.is_sorted_by(|before, after| before.bytes < after.bytes));
        assert!(reports.iter().all(|report| report.total == Some(contents().len() as u64)));
    }
    // Whoever reads piece by piece sees no seam.
    let files = Files::new([End::Breaks(1500), End::Complete]);
    let pieces: Vec<_> = files.download().await.into_stream().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), contents());
}

#[tokio::test(start_paused = true)]
async fn a_download_that_goes_on_has_a_fresh_token() {
    let files = Files::new([End::Breaks(100_000), End::Complete]);
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let (seen, platform) = (tokens.clone(), files.clone());
    let client = answered_by(move |request: Request<Body>| {
        let (seen, platform) = (seen.clone(), platform.clone());
        async move {
            if request.uri().path().ends_with("/tenant_access_token/internal") {
                let number = seen.lock().unwrap().len();
                let token = format!(
                    r#"{{"code":0,"msg":"ok","tenant_access_token":"t-{number}","expire":7200}}"#
                );
                return Ok(Response::new(Body::from(Bytes::from(token))));
            }
            let token = request.headers()[AUTHORIZATION].to_str().unwrap().to_owned();
            seen.lock().unwrap().push(token.clone());
            let is_expired = token.ends_with("t-0") && request.headers().contains_key(RANGE);
            Ok(match is_expired {
                true => json(400, r#"{"code":99991663,"msg":"Invalid access token"}"#),
                false => platform.answer(&request),
            })
        }
    });
    let client = client.build().unwrap();
    let download = GetFile::new("file_1").send(&client).await.unwrap();
    assert_eq!(download.bytes(usize::MAX).await.unwrap(), contents());
    assert_eq!(*tokens.lock().unwrap(), ["Bearer t-0", "Bearer t-0", "Bearer t-2"]);
    assert_eq!(files.resumed_at(), [100_000]);
}

/// Saves what is left of a download in vain, and returns why.
async fn failure(download: Download) -> Error {
    let folder = TempDir::new().unwrap();
    let error = download.save_in(&folder).await.unwrap_err();
    assert_eq!(names(folder.path()).len(), 0);
    assert_eq!(error.operation(), Some("im.v1.file.get"));
    error
}

#[tokio::test(start_paused = true)]
async fn a_download_goes_on_as_often_as_a_call_is_retried() {
    let files = Files::new([End::Breaks(1000), End::Stalls(1000), End::Breaks(1000)]);
    let error = failure(files.download().await).await;
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transfer, 3), "{error}");
    assert!(error.to_string().contains("broke off after 3000 of 300000 bytes"), "{error}");
    assert_eq!(files.resumed_at(), [1000, 2000]);

    let files = Files::new([End::Breaks(1000)]);
    let client = files.builder().max_attempts(1).build().unwrap().with_token("t-1");
    failure(GetFile::new("file_1").send(&client).await.unwrap()).await;
    let files = Files::new([End::Breaks(1000)]);
    let client = files.builder().build().unwrap().with_token("t-1");
    failure(GetFile::new("file_1").send(&client).retries(false).await.unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn an_error_stays_the_last_word() {
    let files = Files::new([End::Breaks(1000), End::Breaks(0), End::Breaks(0)]);
    let mut download = files.download().await;
    download.chunk().await.unwrap();
    for _ in 0..3 {
        assert_eq!(download.chunk().await.unwrap_err().kind(), ErrorKind::Transfer);
    }
    assert_eq!(files.resumed_at(), [1000, 1000]);

    // Not even if there were attempts left.
    let files = Files::new([End::Breaks(1000), End::Complete]).changed(|index, answer| {
        if index > 0 {
            *answer.status_mut() = StatusCode::OK;
        }
    });
    let mut download = files.download().await;
    download.chunk().await.unwrap();
    for _ in 0..3 {
        let error = download.chunk().await.unwrap_err();
        assert!(error.to_string().contains("changed meanwhile"), "{error}");
    }
    assert_eq!(files.resumed_at(), [1000]);
}

#[tokio::test(start_paused = true)]
async fn a_download_does_not_go_on_where_nobody_can_tell_that_the_rest_belongs_to_it() {
    let changes: [fn(usize, &mut Response<Body>); 4] = [
        |_, answer| drop(answer.headers_mut().remove(ETAG)),
        |_, answer| drop(answer.headers_mut().insert(ETAG, HeaderValue::from_static("W/\"v1\""))),
        |_, answer| drop(answer.headers_mut().remove(ACCEPT_RANGES)),
        |_, answer| {
            drop(answer.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("none")));
        },
    ];
    for change in changes {
        let files = Files::new([End::Breaks(1000)]).changed(change);
        let error = failure(files.download().await).await;
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transfer, 1), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rest_that_does_not_belong_to_the_beginning_is_refused() {
    fn set(answer: &mut Response<Body>, name: HeaderName, value: &'static str) {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    type Change = fn(&mut Response<Body>);
    let changes: [(Change, _); 7] = [
        (|answer| *answer.status_mut() = StatusCode::OK, "changed meanwhile"),
        (|answer| set(answer, ETAG, "\"v2\""), "changed meanwhile"),
        (|answer| set(answer, CONTENT_RANGE, "bytes 0-299999/300000"), "another part"),
        (|answer| set(answer, CONTENT_RANGE, "bytes 1000-299999/300001"), "another part"),
        (|answer| set(answer, CONTENT_RANGE, "bytes 1000-299999/*"), "another part"),
        (|answer| drop(answer.headers_mut().remove(CONTENT_RANGE)), "another part"),
        (|answer| set(answer, CONTENT_ENCODING, "gzip"), "compressed"),
    ];
    for (change, hint) in changes {
        let files = Files::new([End::Breaks(1000), End::Complete]);
        let client = {
            let files = files.clone();
            answered_by(move |request| {
                let mut answer = files.answer(&request);
                if request.headers().contains_key(RANGE) {
                    change(&mut answer);
                }
                std::future::ready(Ok(answer))
            })
        };
        let client = client.build().unwrap().with_token("t-1");
        let error = failure(GetFile::new("file_1").send(&client).await.unwrap()).await;
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transfer, 2), "{error}");
        assert!(error.to_string().contains("broke off after 1000 bytes"), "{error}");
        assert!(error.to_string().contains(hint), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rest_that_goes_on_after_its_end_is_an_error() {
    let files = Files::new([End::Breaks(1000), End::Complete]).changed(|index, answer| {
        if index == 1 {
            let range = HeaderValue::from_static("bytes 1000-1999/300000");
            answer.headers_mut().insert(CONTENT_RANGE, range);
        }
    });
    let error = failure(files.download().await).await;
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_rest_says_so() {
    let files = Files::new([End::Breaks(1000)]);
    let client = {
        let files = files.clone();
        answered_by(move |request: Request<Body>| {
            std::future::ready(Ok(match request.headers().contains_key(RANGE) {
                true => json(400, r#"{"code":234001,"msg":"Invalid request param."}"#),
                false => files.answer(&request),
            }))
        })
    };
    let client = client.build().unwrap().with_token("t-1");
    let error = failure(GetFile::new("file_1").send(&client).await.unwrap()).await;
    assert_eq!(error.api().unwrap().code(), "234001");
    assert!(error.to_string().contains("while resuming the download"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_transfer_includes_what_goes_on() {
    let files = Files::new([End::Stalls(1000), End::Stalls(1000), End::Complete]);
    let started = Instant::now();
    let error = failure(files.download().await.timeout(45 * SECOND)).await;
    assert_eq!((error.kind(), started.elapsed()), (ErrorKind::Timeout, 45 * SECOND), "{error}");
    assert!(error.to_string().contains("was given 45s"), "{error}");

    // A connection that is too slow is worth another one.
    let files = Files::new([End::Stalls(1000), End::Complete]);
    let download = files.download().await.min_rate(1000);
    assert_eq!(download.bytes(usize::MAX).await.unwrap(), contents());
    assert_eq!(files.resumed_at(), [1000]);
}

#[tokio::test]
async fn a_part_that_the_caller_asks_for_is_a_part() {
    let files = Files::new([End::Complete, End::Breaks(1000)]);
    let client = files.builder().build().unwrap().with_token("t-1");
    let get = async || {
        let call = GetFile::new("file_1").send(&client).header("range", "bytes=299000-");
        call.await.unwrap()
    };
    let download = get().await;
    assert_eq!(download.content_length(), Some(1000));
    assert_eq!(download.bytes(usize::MAX).await.unwrap(), contents().slice(299_000..));
    assert_eq!(get().await.bytes(usize::MAX).await.unwrap_err().attempts(), 1);
}
