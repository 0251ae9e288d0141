//! The one place where requests are sent.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, header};

use crate::client::Inner;
use crate::error::{Error, ErrorKind};
use crate::operation::OperationMeta;
use crate::parts::Encoded;
use crate::secret::Secret;
use crate::vendor::{Answer, secret_header};

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// All that a call needs.
pub(crate) struct Plan {
    pub(crate) client: Arc<Inner>,
    pub(crate) user: Option<Result<HeaderValue, ()>>,
    pub(crate) request: Encoded,
    pub(crate) timeout: Duration,
}

/// An answer whose envelope says success.
pub(crate) struct Success {
    pub(crate) meta: &'static OperationMeta,
    pub(crate) status: u16,
    pub(crate) log_id: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) data: Bytes,
}

pub(crate) async fn run(plan: Plan) -> Result<Success, Error> {
    let mut attempts = 0;
    let result = match tokio::time::timeout(plan.timeout, attempt(&plan, &mut attempts)).await {
        Ok(result) => result,
        Err(_) => Err(Error::new(ErrorKind::Timeout)
            .with_detail(format!("the call was given {:?}", plan.timeout))),
    };
    result.map_err(|error| error.for_operation(plan.request.meta).with_attempts(attempts))
}

async fn attempt(plan: &Plan, attempts: &mut u32) -> Result<Success, Error> {
    let client = &*plan.client;
    let token = match &plan.user {
        Some(header) => header.clone().map_err(|()| {
            Error::new(ErrorKind::InvalidRequest)
                .with_detail("the user's token holds a character that no HTTP header can carry")
        })?,
        None => app_token(client).await?,
    };
    let Encoded { meta, target, body } = &plan.request;
    let mut request = request(client, meta.method().into(), target, body.clone())?;
    request.headers_mut().insert(client.platform.token_header(), token);
    *attempts += 1;
    let answer = send(client, request).await?;
    Ok(Success {
        meta,
        status: answer.status.as_u16(),
        log_id: client.platform.log_id(&answer.headers),
        attempts: *attempts,
        data: client.platform.read_data(&answer)?,
    })
}

async fn app_token(client: &Inner) -> Result<HeaderValue, Error> {
    let to_header =
        |token: &Secret| secret_header(&client.platform.token_header_value(token.expose()));
    let token = client.tokens.get(to_header, fetch_token(client)).await;
    Ok(token.map_err(|error| error.with_detail("while fetching the app's token"))?.header.clone())
}

async fn fetch_token(client: &Inner) -> Result<(Secret, Duration), Error> {
    let fetch = client.platform.token_request(&client.app);
    let request = request(client, http::Method::POST, fetch.path, Some(fetch.body))?;
    client.platform.read_token(&send(client, request).await?)
}

fn request(
    client: &Inner,
    method: http::Method,
    target: &str,
    body: Option<Bytes>,
) -> Result<Request<Bytes>, Error> {
    // RFC 9110 wants a length wherever the method leads the server to expect a body.
    let expects_body = !matches!(method, http::Method::GET | http::Method::DELETE);
    let mut request = Request::builder().method(method).uri(format!("{}{target}", client.base_url));
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, JSON);
    } else if expects_body {
        request = request.header(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    request
        .body(body.unwrap_or_default())
        .map_err(|error| Error::new(ErrorKind::InvalidRequest).with_source(error))
}

async fn send(client: &Inner, request: Request<Bytes>) -> Result<Answer, Error> {
    let (parts, body) = client.transport.send(request).await?.into_parts();
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}
