//! The contract between an operation and the calls that send it.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::execute::{Content, Success};
use super::{Call, Response};
use crate::codec::{self, DecodeError, Slot, Strictness, Warning};
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
    /// Reads the output. The parts that cannot be read become warnings of `success`.
    #[doc(hidden)]
    fn read_success(success: &mut Success, strictness: Strictness) -> Result<Self, Error>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> Output for T {
    fn read_success(success: &mut Success, strictness: Strictness) -> Result<Self, Error> {
        let mut output = None;
        decode(&mut output, success, strictness)?;
        output.ok_or_else(|| unread(success))
    }
}

impl Output for Download {
    fn read_success(success: &mut Success, _: Strictness) -> Result<Self, Error> {
        let (meta, log_id) = (success.meta.clone(), success.log_id());
        match std::mem::replace(&mut success.content, Content::Data(Bytes::new())) {
            Content::File(file) => Self::new(meta, success.attempts, log_id, *file),
            Content::Data(_) => Err(unread(success)),
        }
    }
}

impl<T: Output> Output for Response<T> {
    fn read_success(success: &mut Success, strictness: Strictness) -> Result<Self, Error> {
        let log_id = success.log_id();
        if let Content::File(file) = &success.content {
            // The name and the size of a file are in its headers.
            success.headers = file.headers.clone();
        }
        Ok(Self {
            output: T::read_success(success, strictness)?,
            status: success.status.as_u16(),
            // Not taken: the output may be another one of these.
            headers: success.headers.clone(),
            body: success.body.clone(),
            log_id,
            attempts: success.attempts,
            warnings: success.warnings.clone(),
        })
    }
}

/// Decodes the data. Of this, only `output` is compiled for each type.
fn decode(
    output: &mut dyn for<'de> Slot<'de>,
    success: &mut Success,
    strictness: Strictness,
) -> Result<(), Error> {
    let mut warnings = codec::read_into(output, success.data(), strictness);
    if warnings.is_err() && success.find_data()? {
        warnings = codec::read_into(output, success.data(), strictness);
    }
    if let Some(warning) = success.warnings.first()
        && strictness == Strictness::Strict
    {
        return Err(undecodable(success, &DecodeError::strict(warning.clone())));
    }
    success.warnings.extend(warnings.map_err(|error| undecodable(success, &error))?);
    if !success.warnings.is_empty() {
        warn(success);
    }
    Ok(())
}

/// For content of another kind than the output's.
#[cold]
fn unread(success: &Success) -> Error {
    Error::new(ErrorKind::Decode).with_operation(success.meta.name())
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
fn warn(success: &Success) {
    let warnings: Vec<_> = success.warnings.iter().map(Warning::to_string).collect();
    tracing::warn!(
        openplat.operation = %success.meta.name(),
        openplat.log_id = success.log_id(),
        warnings = warnings.join("; "),
        "parts of the response could not be read as they are"
    );
}
