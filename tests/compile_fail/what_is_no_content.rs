use feishu_im::message::{CreateMessage, PatchMessage, ReceiveId};

/// A card of `feishu-card`, as it is without the feature `cards`.
struct Card;

fn main() {
    let _ = CreateMessage::with_content(ReceiveId::chat("oc_1"), Card);
    let _ = PatchMessage::with_card("om_1", Card);
}
