//! The app's own bot: its name and ID.
//!
//! [`Bot::me`] asks once, when the program starts. After that, the [`Bot`] tells whether a message
//! is for it, which matters in a group with several bots:
//!
//! ```no_run
//! # #[cfg(feature = "events")]
//! # async fn run(
//! #     feishu: feishu_im::Client,
//! #     message: feishu_im::events::MessageReceived,
//! # ) -> Result<(), feishu_im::Error> {
//! use feishu_im::bot::Bot;
//!
//! let me = Bot::me(&feishu).await?;
//! let is_mine = match message.root() {
//!     // A reply to a message of the bot's is for the bot without a mention, too.
//!     Some(root) => root.send(&feishu).await?.items.iter().any(|root| me.wrote(root)),
//!     None => false,
//! };
//! if is_mine || message.is_for(&me) {
//!     println!("{} was asked something", me.name());
//! }
//! # Ok(())
//! # }
//! ```

use openplat_core::{Error, Sender};

pub use crate::generated::bot::*;
use crate::message::Message;

/// The app's own bot, as the platform knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bot {
    info: BotInfo,
}

impl Bot {
    /// Fetches the bot of the app that `client` acts for.
    ///
    /// # Errors
    ///
    /// Returns an [`Error`] if the call fails, for example because the app has no bot.
    pub async fn me(client: &impl Sender<GetBot>) -> Result<Self, Error> {
        GetBot::new().send(client).await.map(|response| response.bot.into())
    }

    /// Returns the bot's own ID, which starts with `ou_`.
    pub fn open_id(&self) -> &str {
        &self.info.open_id
    }

    /// Returns the name that the bot shares with its app; empty if the platform does not tell it.
    pub fn name(&self) -> &str {
        self.info.app_name.as_deref().unwrap_or_default()
    }

    /// Returns everything that the platform tells about the bot.
    pub fn info(&self) -> &BotInfo {
        &self.info
    }

    /// Returns `true` if the bot sent `message`.
    pub fn wrote(&self, message: &Message) -> bool {
        let sender = message.sender.as_ref().and_then(|sender| sender.open_bot_id.as_deref());
        sender == Some(self.open_id())
    }
}

impl From<BotInfo> for Bot {
    fn from(info: BotInfo) -> Self {
        Self { info }
    }
}
