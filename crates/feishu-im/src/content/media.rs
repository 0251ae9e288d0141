use serde_json::Map;

use super::members::members;

members! {
    /// An image: `msg_type` `image`.
    ///
    /// ```
    /// use feishu_im::content::{Content, Image};
    ///
    /// let content = Content::from(Image::new("img_7ea74629-9191-4176-998c-2e603c9c5e8g"));
    /// assert_eq!(
    ///     content.to_json_string(),
    ///     r#"{"image_key":"img_7ea74629-9191-4176-998c-2e603c9c5e8g"}"#,
    /// );
    /// ```
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#7111df05)
    pub struct Image {
        /// The key that uploading the image returned.
        image_key: Option<String>,
    }
}

impl Image {
    /// Creates the content from the key of an image that this app uploaded as one for messages.
    pub fn new(image_key: impl Into<String>) -> Self {
        Self { image_key: Some(image_key.into()), extra: Map::new() }
    }
}

members! {
    /// A file: `msg_type` `file`.
    ///
    /// ```
    /// use feishu_im::content::{Content, File};
    ///
    /// assert_eq!(Content::from(File::new("file_v2_1")).to_json_string(), r#"{"file_key":"file_v2_1"}"#);
    ///
    /// let read = Content::parse("file", r#"{"file_key":"file_v2_1","file_name":"test.txt"}"#);
    /// assert!(matches!(read, Content::File(file) if file.file_name.as_deref() == Some("test.txt")));
    /// ```
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#c92e6d46)
    pub struct File {
        /// The key that uploading the file returned. Tokens of cloud documents are not accepted.
        file_key: Option<String>,
        /// The file's name. Only when read: what people see was given with the upload.
        file_name: Option<String>,
    }
}

impl File {
    /// Creates the content from the key of a file that this app uploaded.
    pub fn new(file_key: impl Into<String>) -> Self {
        Self { file_key: Some(file_key.into()), file_name: None, extra: Map::new() }
    }
}

members! {
    /// A recording: `msg_type` `audio`.
    ///
    /// ```
    /// use feishu_im::content::{Audio, Content};
    ///
    /// let content = Content::from(Audio::new("file_v2_1"));
    /// assert_eq!(content.msg_type(), "audio");
    /// assert_eq!(content.to_json_string(), r#"{"file_key":"file_v2_1"}"#);
    /// ```
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#5d353271)
    pub struct Audio {
        /// The key that uploading the recording returned, as a file of type `opus`.
        file_key: Option<String>,
        /// The length in milliseconds. Only when read: the length is given with the upload.
        duration: Option<u64>,
    }
}

impl Audio {
    /// Creates the content from the key of a recording that this app uploaded.
    pub fn new(file_key: impl Into<String>) -> Self {
        Self { file_key: Some(file_key.into()), duration: None, extra: Map::new() }
    }
}

members! {
    /// A video: `msg_type` `media`.
    ///
    /// ```
    /// use feishu_im::content::{Content, Media};
    ///
    /// let content = Content::from(Media::new("file_v2_1").cover("img_v2_1"));
    /// assert_eq!(content.msg_type(), "media");
    /// assert_eq!(content.to_json_string(), r#"{"file_key":"file_v2_1","image_key":"img_v2_1"}"#);
    /// ```
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#54406d84)
    pub struct Media {
        /// The key that uploading the video returned, as a file of type `mp4`.
        file_key: Option<String>,
        /// The image that users see before they play the video.
        image_key: Option<String>,
        /// The file's name. Only when read.
        file_name: Option<String>,
        /// The length in milliseconds. Only when read: the length is given with the upload.
        duration: Option<u64>,
    }
}

impl Media {
    /// Creates the content from the key of a video that this app uploaded, without a cover.
    pub fn new(file_key: impl Into<String>) -> Self {
        Self {
            file_key: Some(file_key.into()),
            image_key: None,
            file_name: None,
            duration: None,
            extra: Map::new(),
        }
    }

    /// Sets the image that users see before they play the video, uploaded as one for messages.
    pub fn cover(mut self, image_key: impl Into<String>) -> Self {
        self.image_key = Some(image_key.into());
        self
    }
}

members! {
    /// A sticker: `msg_type` `sticker`.
    ///
    /// ```
    /// use feishu_im::content::{Content, Sticker};
    ///
    /// let content = Content::from(Sticker::new("file_v2_1"));
    /// assert_eq!(content.msg_type(), "sticker");
    /// assert_eq!(content.to_json_string(), r#"{"file_key":"file_v2_1"}"#);
    /// ```
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#7215e4f6)
    pub struct Sticker {
        /// The key of the sticker. It cannot be downloaded.
        file_key: Option<String>,
    }
}

impl Sticker {
    /// Creates the content from the key of a sticker that the bot received; it can send no others.
    pub fn new(file_key: impl Into<String>) -> Self {
        Self { file_key: Some(file_key.into()), extra: Map::new() }
    }
}
