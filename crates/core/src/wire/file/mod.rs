//! Files on their way to the vendor and back.

mod charset;
mod disposition;
mod download;
mod form;
mod idle;
mod name;
mod pieces;
mod range;
mod resume;
mod save;
mod upload;

use std::sync::Arc;

#[cfg(all(any(test, fuzzing), feature = "feishu", feature = "dingtalk"))]
pub(crate) use disposition::file_name as name;
pub use download::Download;
pub(crate) use download::FileReply;
pub(crate) use form::Form;
pub(crate) use idle::Idle;
pub(crate) use resume::{Rest, Resume, Resumed};
pub use save::IfExists;
pub(crate) use upload::Unreadable;
pub use upload::Upload;

/// The progress of the transfer of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of bytes so far. Each retry of an upload starts from 0.
    pub bytes: u64,
    /// The size of the file in bytes, if it is known.
    pub total: Option<u64>,
}

/// The caller's function that is told about each piece of a file.
type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;
