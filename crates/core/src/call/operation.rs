//! The contract between an operation and the calls that send it.

use serde::de::DeserializeOwned;

use super::execute::{Content, Success};
use super::{Call, Response};
use crate::codec::{self, DecodeError, Read, Strictness, Warning};
use crate::error::{ApiError, Error, ErrorKind};
use crate::meta::OperationMeta;
use crate::vendor::Vendor;
use crate::wire::Parts;
use crate::wire::file::Download;

/// One request of a vendor's API, ready to be sent through a client of that vendor.
///
/// The vendor crates hold an implementation for each operation of their API. Implement the trait
/// for an endpoint that none of them has, together with [`AcceptsAppToken`], [`AcceptsUserToken`],
/// or both; see [`Parts`] for an example. Such an operation gets the client's tokens, retries,
/// limits and errors like any other. For a single call, [`Client::raw`](crate::Client::raw) does
/// without a type.
pub trait Operation {
    /// The vendor whose clients can send this operation.
    type Vendor: Vendor;
    /// The result of a successful call: any type that can be deserialized, `()` for no result, or a
    /// [`Download`].
    type Output: Output;
    /// The facts that are known before any value is set.
    const META: &'static OperationMeta;
    /// The documented response, for mock servers: the whole body as it is on the wire.
    const EXAMPLE: Option<&'static str> = None;

    /// Writes the values of the request.
    fn encode(&self, parts: &mut Parts);
}

/// An operation that runs with the app's own token.
#[diagnostic::on_unimplemented(
    message = "`{Self}` acts for a user: it cannot be sent with the app's token",
    label = "this client sends the app's token",
    note = "send it with a user's token: `client.as_user(token)`"
)]
pub trait AcceptsAppToken: Operation {}

/// An operation that runs with the token of a user.
#[diagnostic::on_unimplemented(
    message = "`{Self}` acts for the app: it cannot be sent with a user's token",
    label = "this client sends a user's token",
    note = "send it with the app's token: pass the client itself, without `as_user`"
)]
pub trait AcceptsUserToken: Operation {}

/// An operation that clients of the vendor `V` can send: every [`Operation`] of that vendor. A trait
/// for the sake of the compiler's message.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is an operation of another vendor: a client of `{V}` cannot send it",
    label = "this is a client of `{V}`",
    note = "send it through a client of its own vendor, such as `feishu_im::Client` or \
            `dingtalk_convfile::Client`"
)]
pub trait OperationOf<V>: Operation {}

#[diagnostic::do_not_recommend]
impl<V: Vendor, O: Operation<Vendor = V>> OperationOf<V> for O {}

/// A sender of operations of type `O`: a client, or a client as a user.
///
/// Implemented by this crate alone.
pub trait Sender<O: Operation>: sealed::Sealed + Clone + Send + Sync + 'static {
    /// Prepares the call of `operation`. Nothing is sent before the call is awaited.
    fn call(&self, operation: &O) -> Call<O::Output>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// The result of an operation: data, which is decoded, or a [`Download`], which is not read yet.
///
/// Implemented for every type that can be deserialized.
#[diagnostic::on_unimplemented(
    message = "a response cannot be read as `{Self}`",
    label = "needs a type that implements `serde::Deserialize`",
    note = "derive `serde::Deserialize` for a type of your own, which owns all that is in it",
    note = "a raw call names the type of its response, such as `.send::<serde_json::Value>()`, or \
            `.send::<()>()` if there is nothing to read"
)]
pub trait Output: Sized + Send + 'static {
    #[doc(hidden)]
    fn from_success(success: Box<Success>, strictness: Strictness) -> Result<Read<Self>, Error>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> Output for T {
    fn from_success(success: Box<Success>, strictness: Strictness) -> Result<Read<Self>, Error> {
        decode(success, strictness)
    }
}

impl Output for Download {
    fn from_success(success: Box<Success>, _: Strictness) -> Result<Read<Self>, Error> {
        let log_id = success.log_id();
        let Success { meta, attempts, content, .. } = *success;
        match content {
            Content::File(file) => Self::new(meta, attempts, log_id, *file).map(Read::from),
            Content::Data(_) => Err(Error::new(ErrorKind::Decode).with_operation(meta.name())),
        }
    }
}

impl<T: Output> Output for Response<T> {
    fn from_success(success: Box<Success>, strictness: Strictness) -> Result<Read<Self>, Error> {
        let status = success.status.as_u16();
        let (log_id, attempts) = (success.log_id(), success.attempts);
        let headers = match &success.content {
            // The name and the size of a file are in its headers.
            Content::File(file) => file.headers.clone(),
            // They also hold the log ID, which an error of decoding asks for.
            Content::Data(_) => success.headers.clone(),
        };
        let body = success.body.clone();
        let Read { value: output, warnings } = T::from_success(success, strictness)?;
        Ok(Self { output, status, headers, body, log_id, attempts, warnings }.into())
    }
}

/// The only step of a call that is compiled for each type of output.
fn decode<T: DeserializeOwned>(
    mut success: Box<Success>,
    strictness: Strictness,
) -> Result<Read<T>, Error> {
    let mut read = codec::read(success.data(), strictness);
    if read.is_err() && success.find_data()? {
        read = codec::read(success.data(), strictness);
    }
    if let Some(warning) = success.warnings.first()
        && strictness == Strictness::Strict
    {
        return Err(undecodable(&success, &DecodeError::strict(warning.clone())));
    }
    let mut read = read.map_err(|error| undecodable(&success, &error))?;
    read.warnings.splice(..0, std::mem::take(&mut success.warnings));
    if !read.warnings.is_empty() {
        warn(&success, &read.warnings);
    }
    Ok(read)
}

#[cold]
fn undecodable(success: &Success, error: &DecodeError) -> Error {
    Error::new(ErrorKind::Decode)
        .with_operation(success.meta.name())
        .with_attempts(success.attempts)
        .with_api(ApiError {
            status: success.status.as_u16(),
            log_id: success.log_id(),
            ..ApiError::default()
        })
        .with_cause(error)
}

/// No value of the response is in a warning, so that it can be logged.
#[cold]
fn warn(success: &Success, warnings: &[Warning]) {
    let warnings: Vec<_> = warnings.iter().map(Warning::to_string).collect();
    tracing::warn!(
        openplat.operation = %success.meta.name(),
        openplat.log_id = success.log_id(),
        warnings = warnings.join("; "),
        "parts of the response could not be read as they are"
    );
}
