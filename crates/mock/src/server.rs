//! HTTP on the loopback interface, in a thread of its own.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;

use crate::Shared;
use crate::answer::Answer;

/// Larger than any upload that the vendors take.
const MAX_BODY: usize = 64 << 20;

/// Runs until it is dropped. When the drop returns, its sockets are closed.
pub(crate) struct Server {
    url: String,
    /// Tells the thread to end by being dropped.
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Server {
    pub(crate) async fn start(shared: Shared) -> io::Result<Self> {
        let (ready, started) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("openplat-mock".to_owned())
            .spawn(move || run(shared, ready, stopped))?;
        match started.await {
            Ok(address) => Ok(Self {
                url: format!("http://{address}"),
                stop: Some(stop),
                thread: Some(thread),
            }),
            Err(_) => Err(why_it_ended(thread)),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn why_it_ended(thread: JoinHandle<io::Result<()>>) -> io::Error {
    match thread.join() {
        Ok(Err(error)) => error,
        _ => io::Error::other("the thread of the mock ended before it listened"),
    }
}

fn run(
    shared: Shared,
    ready: oneshot::Sender<SocketAddr>,
    stopped: oneshot::Receiver<Infallible>,
) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    // Dropping the runtime afterwards drops its tasks, and with them all sockets.
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(accept(listener, shared));
        let _ = ready.send(address);
        let _ = stopped.await;
        Ok(())
    })
}

async fn accept(listener: TcpListener, shared: Shared) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(serve(stream, shared.clone()))),
            // A connection that broke at once, or no file handle left: others may end meanwhile.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn serve(stream: TcpStream, shared: Shared) {
    let service = service_fn(|request| answer(request, &shared));
    // It ends with an error when the client goes away, which is the client's affair.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
) -> Result<Response<Full<Bytes>>, Box<dyn Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let answer = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => shared.lock().answer(head, body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => too_large(),
        Err(error) => return Err(error),
    };
    Ok(answer.into_response())
}

fn too_large() -> Answer {
    let text = format!("openplat-mock reads no body of more than {MAX_BODY} bytes\n");
    Answer::text(StatusCode::PAYLOAD_TOO_LARGE, text)
}
