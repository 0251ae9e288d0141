//! The line that a failure leaves in the log.

use super::{Error, ErrorKind};

macro_rules! log {
    ($level:ident, $error:expr) => {{
        let error = $error;
        let api = error.api();
        tracing::$level!(
            openplat.operation = error.operation(),
            error.r#type = ?error.kind(),
            openplat.code = api.map(|api| api.code()).filter(|code| !code.is_empty()),
            openplat.log_id = api.and_then(|api| api.log_id()),
            openplat.attempts = error.attempts(),
            %error,
            "the call failed"
        )
    }};
}

impl Error {
    /// Logs the error on its way to the program: there and nowhere before, so that each failure is
    /// logged once. `ERROR` is for what fails until a person has changed something.
    #[cold]
    pub(crate) fn logged(self) -> Self {
        match self.kind() {
            ErrorKind::Configuration | ErrorKind::Decode => log!(error, &self),
            _ => log!(warn, &self),
        }
        self
    }
}
