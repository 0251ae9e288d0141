use std::borrow::Cow;
use std::time::Duration;

use tokio::time::Instant;

/// The attempt of a call that an HTTP request stands for, in the request's extensions: for a
/// [`Transport`](crate::Transport) that counts, traces or limits by operation.
///
/// Requests for tokens carry none, and neither do those to the storage behind a platform.
///
/// ```
/// use openplat_core::{Attempt, Body, http};
///
/// fn label(request: &http::Request<Body>) -> String {
///     match request.extensions().get::<Attempt>() {
///         Some(attempt) => format!("{} #{}", attempt.operation(), attempt.number()),
///         None => "token".to_owned(),
///     }
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Attempt {
    operation: Cow<'static, str>,
    path_template: Cow<'static, str>,
    number: u32,
    call_id: u64,
    deadline: Option<Instant>,
}

impl Attempt {
    /// `deadline` is `None` for a transfer without a limit on its whole time.
    pub(crate) fn new(
        operation: Cow<'static, str>,
        path_template: Cow<'static, str>,
        number: u32,
        call_id: u64,
        deadline: Option<Instant>,
    ) -> Self {
        Self { operation, path_template, number, call_id, deadline }
    }

    /// Returns the vendor's ID of the operation, such as `im.v1.chat.link`.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Returns the path with the names of its parameters in place, such as
    /// `/open-apis/im/v1/chats/{chat_id}/link`. It has few values and holds no IDs, which makes it
    /// fit for the labels of a metric.
    pub fn path_template(&self) -> &str {
        &self.path_template
    }

    /// Returns the number of this attempt within its call: 1 for the first.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the number that all attempts of one call share. It is unique within the process.
    pub fn call_id(&self) -> u64 {
        self.call_id
    }

    /// Returns the time until the call fails with
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout); zero if that has passed, `None` if the
    /// call has no such limit, such as an upload.
    pub fn time_left(&self) -> Option<Duration> {
        Some(self.deadline?.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_never_turns_negative() {
        let attempt = |deadline| Attempt::new("a.b".into(), "/x/{id}".into(), 2, 7, deadline);
        assert_eq!(attempt(None).time_left(), None);
        assert_eq!(attempt(Some(Instant::now())).time_left(), Some(Duration::ZERO));
        let minute = Duration::from_secs(60);
        let left = attempt(Some(Instant::now() + minute)).time_left();
        assert!(left > Some(Duration::ZERO) && left <= Some(minute), "{left:?}");
    }
}
