use std::env::{self, VarError};

use crate::base::Secret;
use crate::error::{Error, ErrorKind};

impl Secret {
    /// Reads a secret from an environment variable.
    ///
    /// ```
    /// use openplat_core::Secret;
    ///
    /// let error = Secret::from_env("NO_APP_SECRET").unwrap_err();
    /// assert!(error.to_string().contains("the environment variable `NO_APP_SECRET` is not set"));
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Configuration`], with the name of the variable, if the variable is not
    /// set, is empty, or is not valid Unicode.
    pub fn from_env(name: &str) -> Result<Self, Error> {
        let problem = match env::var(name) {
            Ok(value) if !value.is_empty() => return Ok(Self::new(value)),
            Ok(_) => "is empty",
            Err(VarError::NotPresent) => "is not set",
            // The error itself would quote the value.
            Err(VarError::NotUnicode(_)) => "is not valid Unicode",
        };
        let detail = format!("the environment variable `{name}` {problem}");
        Err(Error::new(ErrorKind::Configuration).with_detail(detail))
    }
}
