//! HTTP on the loopback interface, in a thread of its own.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use openplat_core::BodyError;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;

use crate::Shared;
use crate::push::{Peer, Session};
use crate::wire::{Broken, Outgoing};

/// Larger than any upload that the vendors take.
pub(crate) const MAX_BODY: usize = 64 << 20;

/// The pause after an error before the next connection is accepted.
const AFTER_ERROR: Duration = Duration::from_millis(50);

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
        let thread = self.thread.take();
        // A function that replies can hold the last handle, and then ends on the thread itself.
        if let Some(thread) = thread.filter(|own| own.thread().id() != thread::current().id()) {
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
    let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    // Dropping the runtime afterwards drops its tasks, and with them all sockets.
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let _ = ready.send(listener.local_addr()?);
        let accepting = pin!(accept(async || listener.accept().await, shared));
        future::select(accepting, stopped).await;
        Ok(())
    })
}

async fn accept(
    mut next: impl AsyncFnMut() -> io::Result<(TcpStream, SocketAddr)>,
    shared: Shared,
) {
    loop {
        match next().await {
            Ok((stream, _)) => drop(tokio::spawn(serve(stream, shared.clone()))),
            // A connection that broke at once, or no file handle left: others may end meanwhile.
            Err(_) => tokio::time::sleep(AFTER_ERROR).await,
        }
    }
}

/// The end of HTTP on a connection.
#[derive(Default)]
enum Ending {
    #[default]
    Closed,
    Reset,
    Upgraded(Peer),
}

async fn serve(stream: TcpStream, shared: Shared) {
    // Fragments of an event are small writes, one after the other.
    let _ = stream.set_nodelay(true);
    let ending = Mutex::default();
    let service = service_fn(|request| Box::pin(exchange(request, &shared, &ending)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // It ends with an error when the client goes away, which is the client's affair, and when a
    // reply says so.
    let result = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let http1::Parts { io, read_buf, .. } = connection.into_parts();
    let mut stream = io.into_inner();
    let ending = std::mem::take(&mut *ending.lock().unwrap_or_else(PoisonError::into_inner));
    let is_reset = match ending {
        Ending::Closed => false,
        Ending::Reset => result.is_err(),
        Ending::Upgraded(_) if result.is_err() => false,
        Ending::Upgraded(peer) => Session::open(&shared, peer).run(&mut stream, read_buf).await,
    };
    if is_reset {
        // tokio deprecates it because it can block; with no time to linger it does not.
        #[allow(deprecated, reason = "what takes its place is newer than the tokio we require")]
        let _ = stream.set_linger(Some(Duration::ZERO));
    }
}

/// Takes a request to its end and gives the response; an error closes the connection.
async fn exchange(
    request: Request<Incoming>,
    shared: &Shared,
    ending: &Mutex<Ending>,
) -> Result<Response<BoxBody<Bytes, BodyError>>, BodyError> {
    let (head, body) = request.into_parts();
    let mut outgoing = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => shared.receive(head, body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => too_large(),
        Err(error) => return Err(error),
    };
    let peer = outgoing.peer.take();
    let departed = outgoing.depart().await;
    let end = match (&departed, peer) {
        (Ok(_), Some(peer)) => Ending::Upgraded(peer),
        (Err(Broken::Reset), _) => Ending::Reset,
        _ => Ending::Closed,
    };
    *ending.lock().unwrap_or_else(PoisonError::into_inner) = end;
    departed.map_err(|_| "ended by the reply".into())
}

fn too_large() -> Outgoing {
    let text = format!("openplat-mock reads no body of more than {MAX_BODY} bytes\n");
    Outgoing::text(StatusCode::PAYLOAD_TOO_LARGE, text)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn errors_of_accept_do_not_spin() {
        let errors = Cell::new(0);
        let failing = async || {
            errors.set(errors.get() + 1);
            // So that an accept that spins ends as well.
            if errors.get() > 100 {
                future::pending::<()>().await;
            }
            Err(io::Error::other("too many open files"))
        };
        let accepting = accept(failing, Shared::default());
        tokio::time::timeout(Duration::from_secs(1), accepting).await.unwrap_err();
        assert!((2..=25).contains(&errors.get()), "{}", errors.get());
    }
}
