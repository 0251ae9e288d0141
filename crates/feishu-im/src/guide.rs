//! Guides, for reading rather than looking up.
//!
//! | guide | about |
//! | --- | --- |
//! | [Tokens and login](tokens) | the app's token, users' logins, store apps, sharing tokens |
//! | [Errors, retries and limits](errors) | reading an error, what is retried, time limits, rates |
//! | [Events](events) | long connections and webhooks, callbacks, several machines |
//! | [Testing](testing) | tests without an account |
//! | [Migration](migration) | from the official SDKs and from larksuite-oapi-sdk-rs |

#[doc = include_str!("../docs/tokens.md")]
pub mod tokens {}

#[doc = include_str!("../docs/errors.md")]
pub mod errors {}

#[cfg_attr(feature = "long-connection", doc = include_str!("../docs/events.md"))]
#[cfg_attr(not(feature = "long-connection"), doc = "Needs the feature `long-connection`.")]
pub mod events {}

#[cfg_attr(feature = "long-connection", doc = include_str!("../docs/testing.md"))]
#[cfg_attr(not(feature = "long-connection"), doc = "Needs the feature `long-connection`.")]
pub mod testing {}

#[doc = include_str!("../docs/migration.md")]
pub mod migration {}
