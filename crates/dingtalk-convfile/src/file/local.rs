//! A local file into a conversation in one call.

use std::fmt;

use dingtalk_storage::file::{UploadFile, UploadFileRequired};
use openplat_core::{Operation, Upload};

use super::{SendFile, SendFileRequired, SendFileResponse};
use crate::space::{GetSpace, GetSpaceRequired};
use crate::{Client, Error, ErrorKind};

/// Sends a file that is not in DingTalk yet: looks up the storage space of the conversation,
/// uploads the file to it, and sends the file into the conversation.
///
/// ```no_run
/// use dingtalk_convfile::Upload;
/// use dingtalk_convfile::file::{SendLocalFile, SendLocalFileRequired};
///
/// # async fn run(dingtalk: dingtalk_convfile::Client) -> Result<(), dingtalk_convfile::Error> {
/// SendLocalFile::new(SendLocalFileRequired {
///     union_id: "chyxxxxx",
///     open_conversation_id: "cidCxxxxx",
///     file: Upload::from_path("report.pdf"),
/// })
/// .send(&dingtalk)
/// .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a request does nothing until it is sent and awaited"]
pub struct SendLocalFile {
    union_id: String,
    open_conversation_id: String,
    file: Upload,
}

/// The required values of [`SendLocalFile`].
#[derive(Debug, Clone)]
pub struct SendLocalFileRequired<'a> {
    /// The union ID of the user on whose behalf the file is sent.
    pub union_id: &'a str,
    /// The ID of the conversation, which starts with `cid`.
    pub open_conversation_id: &'a str,
    /// The file, of up to 5 GB. One from memory or a stream needs a name, see
    /// [`Upload::file_name`].
    pub file: Upload,
}

impl SendLocalFile {
    /// Creates the request.
    pub fn new(required: SendLocalFileRequired<'_>) -> Self {
        Self {
            union_id: required.union_id.to_owned(),
            open_conversation_id: required.open_conversation_id.to_owned(),
            file: required.file,
        }
    }

    /// Takes the steps, and returns the file in the conversation.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`GetSpace`], of [`UploadFile::send`] and of [`SendFile`]. If the file
    /// was uploaded, the error holds the request that is left to be sent: see
    /// [`SendLocalFileError::unsent`].
    pub async fn send(&self, client: &Client) -> Result<SendFileResponse, SendLocalFileError> {
        let (union_id, open_conversation_id) = (&*self.union_id, &*self.open_conversation_id);
        let space = GetSpace::new(GetSpaceRequired { union_id, open_conversation_id });
        let space = space.send(client).await?.space.and_then(|space| space.space_id);
        let space_id = &*space.ok_or_else(without_space)?;
        let file = self.file.clone();
        let upload = UploadFile::new(UploadFileRequired { union_id, space_id, file });
        let dentry_id = &*upload.send(client).await?.id;
        let request =
            SendFile::new(SendFileRequired { union_id, space_id, dentry_id, open_conversation_id });
        let sent = request.send(client).await;
        sent.map_err(|error| SendLocalFileError { error, unsent: Some(Box::new(request)) })
    }
}

fn without_space() -> Error {
    let error = Error::builder(ErrorKind::Decode).operation(GetSpace::META.id());
    error.detail("the response contains no space").build()
}

/// The reason why a local file was not sent. Converts to an [`Error`].
#[derive(Clone)]
pub struct SendLocalFileError {
    error: Error,
    unsent: Option<Box<SendFile>>,
}

impl SendLocalFileError {
    /// Returns the error of the step that failed.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Returns the request that sends the file, which is in the space of the conversation; `None`
    /// if the upload failed.
    ///
    /// Nothing keeps the file from being sent twice: after a timeout, look into the conversation
    /// before you send the request.
    pub fn unsent(&self) -> Option<&SendFile> {
        self.unsent.as_deref()
    }
}

impl fmt::Display for SendLocalFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        match self.unsent {
            Some(_) => f.write_str(" (the file is in the space of the conversation)"),
            None => Ok(()),
        }
    }
}

openplat_core::__private::debug_as_display!(SendLocalFileError);

impl std::error::Error for SendLocalFileError {}

impl From<Error> for SendLocalFileError {
    fn from(error: Error) -> Self {
        Self { error, unsent: None }
    }
}

impl From<SendLocalFileError> for Error {
    fn from(error: SendLocalFileError) -> Self {
        error.error
    }
}
