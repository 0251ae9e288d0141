use serde_json::json;

use super::{Align, Node, component, plain_text};

component! {
    /// Text in the platform's Markdown (`markdown`).
    ///
    /// The text is read by the platform: tags such as `<at id=ou_1></at>` mention and notify, and
    /// words in angle brackets that are no tag vanish. An image that is not the key of an uploaded
    /// one, or a link that leads to no web page, makes the platform reject the card. Put words that
    /// someone else wrote through [`escape`](crate::escape()), or turn a whole text with the feature
    /// `markdown` and its type `Markdown`.
    ///
    /// ```
    /// use feishu_card::{MarkdownText, escape, mention};
    ///
    /// let reason = "1 < 2 & *done*";
    /// let text = MarkdownText::new(format!("**Reason**: {} {}", escape(reason), mention("ou_1")));
    /// ```
    pub struct MarkdownText
}

impl MarkdownText {
    /// Creates a text.
    pub fn new(markdown: impl Into<String>) -> Self {
        Self(Node::new("markdown").with("content", markdown.into()))
    }

    /// Sets the alignment. Defaults to left.
    pub fn align(self, align: Align) -> Self {
        self.set("text_align", align)
    }

    /// Sets the size of the text: `heading`, `normal`, `notation`, or another name that the
    /// platform documents. Defaults to `normal`.
    pub fn text_size(self, size: impl Into<String>) -> Self {
        self.set("text_size", size.into())
    }
}

component! {
    /// Text that is shown as it is (`div` with `plain_text`).
    pub struct PlainText
}

impl PlainText {
    /// Creates a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Node::new("div").with("text", plain_text(text)))
    }

    /// Sets the alignment. Defaults to left.
    pub fn align(self, align: Align) -> Self {
        Self(self.0.with_in("text", "text_align", align))
    }

    /// Sets the size of the text: `heading`, `normal`, `notation`, or another name that the
    /// platform documents. Defaults to `normal`.
    pub fn text_size(self, size: impl Into<String>) -> Self {
        Self(self.0.with_in("text", "text_size", size.into()))
    }

    /// Sets the color of the text, such as `grey`.
    pub fn text_color(self, color: impl Into<String>) -> Self {
        Self(self.0.with_in("text", "text_color", color.into()))
    }
}

component! {
    /// A horizontal line (`hr`).
    pub struct Divider
}

impl Divider {
    /// Creates a line.
    pub fn new() -> Self {
        Self(Node::new("hr"))
    }
}

impl Default for Divider {
    fn default() -> Self {
        Self::new()
    }
}

component! {
    /// An image (`img`).
    pub struct Image
}

impl Image {
    /// Creates an image from the key that uploading it for messages returned, and the words that
    /// are shown when the pointer rests on it, which may be empty.
    pub fn new(img_key: impl Into<String>, alt: impl Into<String>) -> Self {
        Self(Node::new("img").with("img_key", img_key.into()).with("alt", plain_text(alt)))
    }

    /// Sets the title above the image.
    pub fn title(self, title: impl Into<String>) -> Self {
        self.set("title", json!(plain_text(title)))
    }
}
