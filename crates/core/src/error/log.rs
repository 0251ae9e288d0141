//! The line that a failure leaves in the log.

use super::{Error, ErrorKind};

macro_rules! log {
    ($level:ident, $error:expr) => {{
        let error = $error;
        tracing::$level!(
            openplat.operation = error.operation(),
            error.r#type = ?error.kind(),
            openplat.code = error.code_text(),
            openplat.log_id = error.api().and_then(|api| api.log_id()),
            openplat.attempts = error.attempts(),
            %error,
            "the call failed"
        )
    }};
}

impl Error {
    /// Logs the error on its way to the program: there and nowhere before, so that each failure is
    /// logged once. `ERROR` is for the two kinds that fail until a person has changed the setup or
    /// this library.
    #[cold]
    pub(crate) fn logged(self) -> Self {
        match self.kind() {
            ErrorKind::Configuration | ErrorKind::Decode => log!(error, &self),
            _ => log!(warn, &self),
        }
        self
    }
}
