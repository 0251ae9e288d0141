//! A file as a message in one call: the upload, then the message that refers to it.

use std::fmt;
use std::time::Duration;

use openplat_core::{__private::uuid, Call, Error, ErrorKind, Operation, Sender, Upload};

use super::{Audio, Content, CreateMessage, File, Image, Media, Message, ReceiveId, ReplyMessage};
use crate::file::{CreateFile, CreateFileRequired, FileType};
use crate::image::{CreateImage, ImageType};

/// The place where a message appears. A [`ReceiveId`] converts to one.
#[derive(Debug, Clone, PartialEq)]
pub struct Destination(Place);

#[derive(Debug, Clone, PartialEq)]
enum Place {
    Chat(ReceiveId),
    Below { message_id: String, in_thread: bool },
}

impl Destination {
    /// Creates the place of a reply to a message. A message in a thread gets it in that thread.
    pub fn reply(message_id: impl Into<String>) -> Self {
        Self(Place::Below { message_id: message_id.into(), in_thread: false })
    }

    /// Creates the place of a reply that begins a thread below a message, or continues its
    /// thread.
    pub fn thread(message_id: impl Into<String>) -> Self {
        Self(Place::Below { message_id: message_id.into(), in_thread: true })
    }
}

impl From<ReceiveId> for Destination {
    fn from(receive_id: ReceiveId) -> Self {
        Self(Place::Chat(receive_id))
    }
}

/// Uploads a file and sends it as a message.
///
/// The type of the upload follows from the ending of the file's name, and the type of the message
/// from that of the upload:
///
/// | ending | upload | message |
/// | --- | --- | --- |
/// | `mp4` | [`FileType::Mp4`] | a video |
/// | `opus` | [`FileType::Opus`] | a recording |
/// | `pdf` | [`FileType::Pdf`] | a file |
/// | `doc`, `docx` | [`FileType::Doc`] | a file |
/// | `xls`, `xlsx` | [`FileType::Xls`] | a file |
/// | `ppt`, `pptx` | [`FileType::Ppt`] | a file |
/// | any other | [`FileType::Stream`] | a file |
///
/// The platform accepts files of up to 30 MB. [`SendImage`] sends an image that users see in the
/// chat; this request sends it as a file.
///
/// ```no_run
/// use feishu_im::Upload;
/// use feishu_im::message::{Destination, ReceiveId, SendFile};
///
/// # async fn run(feishu: feishu_im::Client) -> Result<(), feishu_im::Error> {
/// let chat = ReceiveId::chat("oc_a0553eda9014c201e6969b478895c230");
/// SendFile::new(chat, Upload::from_path("report.pdf")).send(&feishu).await?;
///
/// let table = Upload::from("day,sold\n1,12\n".as_bytes()).file_name("sales.csv");
/// SendFile::new(Destination::reply("om_dc13264520392913993dd051dba21dcf"), table)
///     .send(&feishu)
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a request does nothing until it is sent and awaited"]
pub struct SendFile {
    delivery: Delivery,
    file: Upload,
    file_type: Option<FileType>,
    duration: Option<Duration>,
    cover: Option<String>,
}

impl SendFile {
    /// Creates the request. A file from memory or a stream needs a name, see
    /// [`Upload::file_name`].
    pub fn new(to: impl Into<Destination>, file: impl Into<Upload>) -> Self {
        Self {
            delivery: Delivery::new(to.into()),
            file: file.into(),
            file_type: None,
            duration: None,
            cover: None,
        }
    }

    /// Sets the type of the upload instead of the one that the name stands for. A video or a
    /// recording with [`FileType::Stream`] is sent as a file.
    pub fn file_type(mut self, file_type: FileType) -> Self {
        self.file_type = Some(file_type);
        self
    }

    /// Sets how long a video or a recording plays. If unset, people see no length.
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// Sets the image that users see before they play a video: the key of an image that was
    /// uploaded for messages.
    pub fn cover(mut self, image_key: impl Into<String>) -> Self {
        self.cover = Some(image_key.into());
        self
    }

    /// Sets the idempotency key of the message, at most 50 characters. If unset or empty, a random
    /// key is generated.
    pub fn uuid(mut self, uuid: impl Into<String>) -> Self {
        self.delivery.uuid = Some(uuid.into());
        self
    }

    /// Uploads the file, sends the message, and returns it.
    ///
    /// The upload is retried like an idempotent call, unless the file is a stream: a file that is
    /// uploaded twice does no harm.
    ///
    /// # Errors
    ///
    /// Returns the error of the call that failed. If the file was uploaded, the error holds the
    /// message, ready to be sent: see [`SendFileError::unsent`].
    pub async fn send<C>(&self, client: &C) -> Result<Message, SendFileError>
    where
        C: Sender<CreateFile> + Sender<CreateMessage> + Sender<ReplyMessage>,
    {
        let name = self.file.name().ok_or_else(nameless)?;
        let file_type = self.file_type.clone().unwrap_or_else(|| file_type_of(&name));
        let key = upload(client, &self.file, &name, file_type.clone(), self.duration).await?;
        let content: Content = match file_type {
            FileType::Mp4 => Media { image_key: self.cover.clone(), ..Media::new(&key) }.into(),
            FileType::Opus => Audio::new(&key).into(),
            _ => File::new(&key).into(),
        };
        self.delivery.send(client, key, content).await
    }
}

/// Uploads an image and sends it as a message.
///
/// The platform accepts images of up to 10 MB; [`CreateImage`] lists the formats.
///
/// ```no_run
/// use feishu_im::Upload;
/// use feishu_im::message::{ReceiveId, SendImage};
///
/// # async fn run(feishu: feishu_im::Client) -> Result<(), feishu_im::Error> {
/// let chat = ReceiveId::chat("oc_a0553eda9014c201e6969b478895c230");
/// SendImage::new(chat, Upload::from_path("chart.png")).send(&feishu).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a request does nothing until it is sent and awaited"]
pub struct SendImage {
    delivery: Delivery,
    image: Upload,
}

impl SendImage {
    /// Creates the request.
    pub fn new(to: impl Into<Destination>, image: impl Into<Upload>) -> Self {
        Self { delivery: Delivery::new(to.into()), image: image.into() }
    }

    /// Sets the idempotency key of the message; see [`SendFile::uuid`].
    pub fn uuid(mut self, uuid: impl Into<String>) -> Self {
        self.delivery.uuid = Some(uuid.into());
        self
    }

    /// Uploads the image, sends the message, and returns it; see [`SendFile::send`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`SendFile::send`].
    pub async fn send<C>(&self, client: &C) -> Result<Message, SendFileError>
    where
        C: Sender<CreateImage> + Sender<CreateMessage> + Sender<ReplyMessage>,
    {
        let request = CreateImage::new(ImageType::Message, self.image.clone());
        let key = request.send(client).idempotent(true).await?.image_key;
        let content = Image::new(&key).into();
        self.delivery.send(client, key, content).await
    }
}

/// Uploads a recording and sends it as a voice message.
///
/// The recording is in the format Opus, whatever its name; the platform plays no other. It may have
/// 30 MB at most.
///
/// ```no_run
/// use std::time::Duration;
///
/// use feishu_im::Upload;
/// use feishu_im::message::{ReceiveId, SendAudio};
///
/// # async fn run(feishu: feishu_im::Client) -> Result<(), feishu_im::Error> {
/// let chat = ReceiveId::chat("oc_a0553eda9014c201e6969b478895c230");
/// SendAudio::new(chat, Upload::from_path("hello.opus"))
///     .duration(Duration::from_millis(3480))
///     .send(&feishu)
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a request does nothing until it is sent and awaited"]
pub struct SendAudio {
    delivery: Delivery,
    audio: Upload,
    duration: Option<Duration>,
}

impl SendAudio {
    /// Creates the request.
    pub fn new(to: impl Into<Destination>, audio: impl Into<Upload>) -> Self {
        Self { delivery: Delivery::new(to.into()), audio: audio.into(), duration: None }
    }

    /// Sets how long the recording plays. If unset, people see no length.
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// Sets the idempotency key of the message; see [`SendFile::uuid`].
    pub fn uuid(mut self, uuid: impl Into<String>) -> Self {
        self.delivery.uuid = Some(uuid.into());
        self
    }

    /// Uploads the recording, sends the message, and returns it; see [`SendFile::send`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`SendFile::send`].
    pub async fn send<C>(&self, client: &C) -> Result<Message, SendFileError>
    where
        C: Sender<CreateFile> + Sender<CreateMessage> + Sender<ReplyMessage>,
    {
        let name = self.audio.name().unwrap_or_else(|| "audio.opus".to_owned());
        let key = upload(client, &self.audio, &name, FileType::Opus, self.duration).await?;
        let content = Audio::new(&key).into();
        self.delivery.send(client, key, content).await
    }
}

/// Returns the type of an upload by the ending of its name.
fn file_type_of(name: &str) -> FileType {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref() {
        Some("opus") => FileType::Opus,
        Some("mp4") => FileType::Mp4,
        Some("pdf") => FileType::Pdf,
        Some("doc" | "docx") => FileType::Doc,
        Some("xls" | "xlsx") => FileType::Xls,
        Some("ppt" | "pptx") => FileType::Ppt,
        _ => FileType::Stream,
    }
}

fn nameless() -> SendFileError {
    let error = Error::builder(ErrorKind::InvalidRequest)
        .operation(CreateFile::META.id())
        .detail("the file has no name; set one with `Upload::file_name`");
    error.build().into()
}

/// Uploads a file and returns its key.
async fn upload(
    client: &impl Sender<CreateFile>,
    file: &Upload,
    name: &str,
    file_type: FileType,
    duration: Option<Duration>,
) -> Result<String, Error> {
    let required = CreateFileRequired { file_type, file_name: name, file: file.clone() };
    let mut request = CreateFile::new(required);
    if let Some(duration) = duration {
        request = request.duration(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
    }
    Ok(request.send(client).idempotent(true).await?.file_key)
}

/// The second half of each of these requests.
#[derive(Debug, Clone)]
struct Delivery {
    to: Destination,
    uuid: Option<String>,
}

impl Delivery {
    fn new(to: Destination) -> Self {
        Self { to, uuid: None }
    }

    async fn send<C>(
        &self,
        client: &C,
        key: String,
        content: Content,
    ) -> Result<Message, SendFileError>
    where
        C: Sender<CreateMessage> + Sender<ReplyMessage>,
    {
        // Set here, so that the message has the same key if the caller retries.
        let uuid = self.uuid.clone().filter(|uuid| !uuid.is_empty()).unwrap_or_else(uuid);
        let request = match &self.to.0 {
            Place::Chat(receive_id) => {
                let message = CreateMessage::with_content(receive_id.clone(), content);
                Request::Create(message.uuid(uuid))
            }
            Place::Below { message_id, in_thread } => {
                let message = ReplyMessage::with_content(message_id, content).uuid(uuid);
                Request::Reply(if *in_thread { message.reply_in_thread(true) } else { message })
            }
        };
        let message = UnsentMessage { key, request };
        let sent = message.send(client).await;
        sent.map_err(|error| SendFileError { error, unsent: Some(Box::new(message)) })
    }
}

/// A message whose file is uploaded.
///
/// It has the same idempotency key each time it is sent, so that within 1 hour the chat gets one
/// message at most.
#[derive(Debug, Clone)]
pub struct UnsentMessage {
    key: String,
    request: Request,
}

#[derive(Debug, Clone)]
enum Request {
    Create(CreateMessage),
    Reply(ReplyMessage),
}

impl UnsentMessage {
    /// Returns the `file_key` or the `image_key` of the uploaded file.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Prepares the call; await it to send the message and get it.
    pub fn send<C>(&self, client: &C) -> Call<Message>
    where
        C: Sender<CreateMessage> + Sender<ReplyMessage>,
    {
        match &self.request {
            Request::Create(message) => message.send(client),
            Request::Reply(message) => message.send(client),
        }
    }
}

/// The reason why a file was not sent. Converts to an [`Error`].
///
/// ```no_run
/// # async fn run(
/// #     feishu: feishu_im::Client,
/// #     request: feishu_im::message::SendFile,
/// # ) -> Result<(), feishu_im::Error> {
/// let sent = match request.send(&feishu).await {
///     // The file is there, and only the message is sent once more.
///     Err(error) if error.error().is_retryable() => match error.unsent() {
///         Some(message) => message.send(&feishu).await?,
///         None => return Err(error.into()),
///     },
///     sent => sent?,
/// };
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SendFileError {
    error: Error,
    unsent: Option<Box<UnsentMessage>>,
}

impl SendFileError {
    /// Returns the error of the call that failed.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Returns the message with the uploaded file, ready to be sent; `None` if the upload failed.
    pub fn unsent(&self) -> Option<&UnsentMessage> {
        self.unsent.as_deref()
    }
}

impl fmt::Display for SendFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        match &self.unsent {
            Some(message) => write!(f, " (the file is uploaded as `{}`)", message.key),
            None => Ok(()),
        }
    }
}

openplat_core::__private::debug_as_display!(SendFileError);

impl std::error::Error for SendFileError {}

impl From<Error> for SendFileError {
    fn from(error: Error) -> Self {
        Self { error, unsent: None }
    }
}

impl From<SendFileError> for Error {
    fn from(error: SendFileError) -> Self {
        error.error
    }
}
