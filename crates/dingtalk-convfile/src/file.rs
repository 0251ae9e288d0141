//! Files that are sent into conversations.

#[cfg(feature = "storage")]
mod local;

pub use crate::generated::file::*;
#[cfg(feature = "storage")]
pub use local::{SendLocalFile, SendLocalFileError, SendLocalFileRequired};
