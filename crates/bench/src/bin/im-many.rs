//! A program that calls many operations of `feishu-im`. What it is larger by than `im`, and takes
//! longer to build, is what an operation costs one who uses it.

use std::hint::black_box;

use feishu_im::Client;
use openplat_bench::{Outcome, figure};
use tokio::runtime::Builder;

/// Calls the operation with the number that is asked for. Which one it is, the compiler must not
/// know, nor that there is none.
macro_rules! operations {
    ($($module:ident::$operation:ident,)*) => {
        const NAMES: &[&str] = &[$(stringify!($operation)),*];

        async fn call(name: &str, client: &Client) -> Outcome {
            match name {
                $(stringify!($operation) => {
                    let operation = black_box(None::<feishu_im::$module::$operation>);
                    let operation = operation.ok_or("there is no request")?;
                    black_box(&operation.send(client).await?);
                })*
                _ => figure("operations", NAMES.len()),
            }
            Ok(())
        }
    };
}

operations! {
    app_feed_card::CreateAppFeedCard,
    app_feed_card::DeleteAppFeedCards,
    app_feed_card::UpdateAppFeedCards,
    batch_message::DeleteBatchMessage,
    batch_message::GetBatchMessageProgress,
    batch_message::GetBatchMessageReadUser,
    batch_message::SendBatchMessage,
    bot::GetBot,
    card::UpdateCard,
    chat::CreateChat,
    chat::DeleteChat,
    chat::GetChat,
    chat::ListChat,
    chat::SearchChat,
    chat::SearchChatV2,
    chat::UpdateChat,
    chat_announcement::GetChatAnnouncement,
    chat_announcement::PatchChatAnnouncement,
    chat_button::UpdateChatButton,
    chat_managers::AddChatManagers,
    chat_managers::DeleteChatManagers,
    chat_members::ListChatBots,
    chat_members::CreateChatMembers,
    chat_members::DeleteChatMembers,
    chat_members::GetChatMembers,
    chat_members::IsInChat,
    chat_members::MeJoinChatMembers,
    chat_menu_item::PatchChatMenuItem,
    chat_menu_tree::CreateChatMenuTree,
    chat_menu_tree::DeleteChatMenuTree,
    chat_menu_tree::GetChatMenuTree,
    chat_menu_tree::SortChatMenuTree,
    chat_moderation::GetChatModeration,
    chat_moderation::UpdateChatModeration,
    chat_tab::CreateChatTab,
    chat_tab::DeleteChatTabs,
    chat_tab::ListChatTabs,
    chat_tab::SortChatTabs,
    chat_tab::UpdateChatTabs,
    chat_top_notice::DeleteChatTopNotice,
    chat_top_notice::PutChatTopNotice,
    ephemeral_card::DeleteEphemeralCard,
    ephemeral_card::SendEphemeralCard,
    feed_card::PatchFeedCard,
    feed_card::PatchBotFeedCard,
    file::CreateFile,
    file::GetFile,
    file::ListFolder,
    image::CreateImage,
    image::GetImage,
    message::CreateMessage,
    message::DeleteMessage,
    message::ForwardMessage,
    message::GetMessage,
    message::ListMessage,
    message::MergeForwardMessage,
    message::GetMessages,
    message::PatchMessage,
    message::PushMessageFollowUp,
    message::ListMessageReadUsers,
    message::ReplyMessage,
    message::SearchMessage,
    message::UpdateMessage,
    message::UrgeMessageByApp,
    message::UrgeMessageByPhone,
    message::UrgeMessageBySms,
    message_reaction::BatchQueryMessageReaction,
    message_reaction::CreateMessageReaction,
    message_reaction::DeleteMessageReaction,
    message_reaction::ListMessageReaction,
    message_resource::GetMessageResource,
    pin::CreatePin,
    pin::DeletePin,
    pin::ListPin,
    tag::BindTags,
    tag::GetBoundTags,
    tag::CreateTag,
    tag::PatchTag,
    tag::UnbindTags,
    thread::ForwardThread,
    url_preview::UpdateUrlPreviews,
}

fn main() -> Outcome {
    let name = std::env::args().nth(1).unwrap_or_default();
    let client = Client::builder("cli_a1b2c3", "app secret").build()?;
    Builder::new_current_thread().enable_all().build()?.block_on(call(&name, &client))
}
