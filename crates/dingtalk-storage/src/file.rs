//! Files in storage spaces: upload and commit, in one call or step by step.

use openplat_core::{Operation, Upload};

pub use crate::generated::file::*;
use crate::{Client, Error, ErrorKind};

/// The only upload protocol.
const PROTOCOL: &str = "HEADER_SIGNATURE";
/// The ID of the folder at the top of each space.
const TOP: &str = "0";

/// Puts a file into a storage space: asks for an address, uploads the file to it, and commits it.
///
/// The address is on a host of the storage's own, and gets the signed headers that come with it and
/// no token. Files of up to 5 GB can be uploaded.
///
/// ```no_run
/// use dingtalk_storage::Upload;
/// use dingtalk_storage::file::{UploadFile, UploadFileRequired};
///
/// # async fn run(dingtalk: dingtalk_storage::Client) -> Result<(), dingtalk_storage::Error> {
/// let request = UploadFile::new(UploadFileRequired {
///     union_id: "chyxxxxx",
///     space_id: "854xxxxx",
///     file: Upload::from("day,sold\n1,12\n".as_bytes()).file_name("sales.csv"),
/// });
/// println!("{}", request.send(&dingtalk).await?.id);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a request does nothing until it is sent and awaited"]
pub struct UploadFile {
    union_id: String,
    space_id: String,
    file: Upload,
    parent_id: String,
    option: CommitOption,
}

/// The required values of [`UploadFile`].
#[derive(Debug, Clone)]
pub struct UploadFileRequired<'a> {
    /// The union ID of the user who uploads the file.
    pub union_id: &'a str,
    /// The storage space to put the file into.
    pub space_id: &'a str,
    /// The file. One from memory or a stream needs a name, see [`Upload::file_name`].
    pub file: Upload,
}

impl UploadFile {
    /// Creates the request.
    pub fn new(required: UploadFileRequired<'_>) -> Self {
        Self {
            union_id: required.union_id.to_owned(),
            space_id: required.space_id.to_owned(),
            file: required.file,
            parent_id: TOP.to_owned(),
            option: CommitOption::new(),
        }
    }

    /// Sets the folder by its ID. Defaults to `0`, the top of the space.
    pub fn parent_id(mut self, parent_id: impl Into<String>) -> Self {
        self.parent_id = parent_id.into();
        self
    }

    /// Sets further facts about the file, such as what happens if its name is taken. By default the
    /// file gets another name.
    pub fn option(mut self, option: CommitOption) -> Self {
        self.option = option;
        self
    }

    /// Takes the three steps, and returns the file in the space.
    ///
    /// The upload is retried, unless the file is a stream. After an error the file is not in the
    /// space, except perhaps if the commit failed with [`ErrorKind::Timeout`],
    /// [`ErrorKind::Transfer`], [`ErrorKind::Unavailable`] or [`ErrorKind::Decode`]: look there
    /// before you repeat the request.
    ///
    /// # Errors
    ///
    /// Returns the error of the step that failed: those of [`GetFileUploadInfo`], of
    /// [`Client::put_signed`](openplat_core::Client::put_signed) and of [`CommitFile`].
    pub async fn send(&self, client: &Client) -> Result<Dentry, Error> {
        let (space_id, union_id) = (&*self.space_id, &*self.union_id);
        let Some(name) = self.file.name() else {
            return Err(failed(
                ErrorKind::InvalidRequest,
                "the file has no name; set one with `Upload::file_name`",
            ));
        };
        let required =
            GetFileUploadInfoRequired { space_id, union_id, protocol: PROTOCOL, multipart: false };
        let info = GetFileUploadInfo::new(required).send(client).await?;
        let signed = info.header_signature_info.unwrap_or_default();
        let Some(url) = signed.resource_urls.first() else {
            return Err(failed(ErrorKind::Decode, "the response contains no address for the file"));
        };
        client.put_signed(url, &signed.headers, &self.file).await?;
        let commit = CommitFile::new(CommitFileRequired {
            space_id,
            union_id,
            upload_key: &info.upload_key,
            name: &name,
            parent_id: &self.parent_id,
        });
        Ok(commit.option(self.option.clone()).send(client).await?.dentry)
    }
}

fn failed(kind: ErrorKind, detail: &str) -> Error {
    Error::builder(kind).operation(GetFileUploadInfo::META.id()).detail(detail).build()
}
