use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// The most violations that the text of an error tells.
const MOST_VIOLATIONS: usize = 4;

/// The response of the platform to a call that failed.
#[derive(Debug, Clone, Default)]
pub struct ApiError {
    pub(crate) status: u16,
    pub(crate) excerpt: Option<String>,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) log_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) ban: bool,
    pub(crate) violations: Vec<Violation>,
    pub(crate) help_links: Vec<String>,
    pub(crate) advice: Option<Cow<'static, str>>,
}

impl ApiError {
    /// Returns the HTTP status; 0 if there was no response.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the first words of a body that is not in the vendor's format: a proxy's page, for
    /// instance. At most 400 bytes, with secrets masked. JSON is never quoted.
    pub fn excerpt(&self) -> Option<&str> {
        self.excerpt.as_deref()
    }

    /// Returns the vendor's code as text, for both vendors; empty if the response held none.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Returns the vendor's message, without invisible characters and cut after 700 bytes. It
    /// changes without notice: show it, never branch on it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the ID under which the vendor logged the request; its support asks for it.
    pub fn log_id(&self) -> Option<&str> {
        self.log_id.as_deref()
    }

    /// Returns the wait that the vendor asked for before the next request.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns `true` if the vendor has banned this machine's address: every request of every app on
    /// it is refused until the time of [`retry_after`](Self::retry_after) is over.
    pub fn is_ban(&self) -> bool {
        self.ban
    }

    /// Returns the fields that were refused and the scopes that are missing, as far as the vendor
    /// says.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Returns pages of the vendor that help with this error.
    pub fn help_links(&self) -> &[String] {
        &self.help_links
    }

    /// Returns what to do about the error, in a sentence, where the code is a documented one.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An error can carry advice or a wait without any response.
        match self.status {
            0 => f.write_str("no response")?,
            status => write!(f, "HTTP {status}")?,
        }
        if !self.code.is_empty() {
            write!(f, ", code {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ", {:?}", self.message)?;
        }
        for violation in self.violations.iter().take(MOST_VIOLATIONS) {
            write!(f, ", {violation}")?;
        }
        if let Some(more @ 1..) = self.violations.len().checked_sub(MOST_VIOLATIONS) {
            write!(f, ", and {more} more reasons")?;
        }
        if let Some(excerpt) = &self.excerpt {
            write!(f, ", body {excerpt:?}")?;
        }
        if let Some(wait) = self.retry_after {
            write!(f, ", retry after {wait:?}")?;
        }
        if let Some(log_id) = &self.log_id {
            write!(f, ", log ID {log_id}")?;
        }
        Ok(())
    }
}

/// One reason the vendor gave for a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// A field of the request was refused.
    #[non_exhaustive]
    Field {
        /// The field's name.
        field: String,
        /// The reason, in the vendor's words.
        description: String,
    },
    /// A scope or a right is missing.
    #[non_exhaustive]
    Permission {
        /// The scope, such as `im:chat`.
        scope: String,
        /// The URL where an administrator can grant the scope.
        url: Option<String>,
    },
}

impl Violation {
    pub(super) fn map_texts(self, change: impl Fn(String) -> String) -> Self {
        match self {
            Self::Field { field, description } => {
                Self::Field { field: change(field), description: change(description) }
            }
            Self::Permission { scope, url } => {
                Self::Permission { scope: change(scope), url: url.map(change) }
            }
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field { field, description } => write!(f, "field `{field}`: {description}"),
            Self::Permission { scope, url: None } => write!(f, "missing scope `{scope}`"),
            Self::Permission { scope, url: Some(url) } => {
                write!(f, "missing scope `{scope}` (grant it at {url})")
            }
        }
    }
}
