//! The files within a message, ready to be downloaded.

use std::collections::{HashMap, HashSet, VecDeque};

use openplat_core::{Download, Error, ErrorKind, Operation, Sender};

use super::{Content, GetMessageResponse, Message, Post};
use crate::content::post::{Attachment, Element};
use crate::file::{FolderItem, FolderSource, ListFolder, ListFolderRequired};
use crate::message_resource::{GetMessageResource, GetMessageResourceRequired, ResourceType};

/// Merged forwards within merged forwards are followed up to this depth.
const MOST_LEVELS: usize = 50;
/// The most folders that are listed, one call each, for one folder in a message.
const MOST_FOLDERS: usize = 100;

/// An image, file, recording or video within a message.
///
/// ```no_run
/// # async fn run(
/// #     feishu: feishu_im::Client,
/// #     message: feishu_im::message::Message,
/// # ) -> Result<(), feishu_im::Error> {
/// for resource in message.resources() {
///     let path = resource.download(&feishu).await?.save_in("downloads").await?;
///     println!("{}", path.display());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Resource {
    /// The ID of the message to download from; for a message in a merged forward, the ID of the
    /// outermost merged forward.
    pub message_id: String,
    /// The key: a `file_key` or an `image_key`.
    pub file_key: String,
    /// The kind of resource.
    pub kind: ResourceType,
    /// The name that users see; images in messages and recordings have none.
    pub file_name: Option<String>,
    /// The name to save under if no one knows a better one.
    fallback: &'static str,
}

impl Resource {
    /// Creates the resource of an image.
    pub fn image(message_id: impl Into<String>, image_key: impl Into<String>) -> Self {
        Self::new(ResourceType::Image, message_id.into(), image_key.into(), "image")
    }

    /// Creates the resource of a file. [`file_name`](Self::file_name) can be set.
    pub fn file(message_id: impl Into<String>, file_key: impl Into<String>) -> Self {
        Self::new(ResourceType::File, message_id.into(), file_key.into(), "file")
    }

    fn new(
        kind: ResourceType,
        message_id: String,
        file_key: String,
        fallback: &'static str,
    ) -> Self {
        Self { message_id, file_key, kind, file_name: None, fallback }
    }

    /// Creates the request of the download, for a call with conditions of its own.
    pub fn request(&self) -> GetMessageResource {
        GetMessageResource::new(GetMessageResourceRequired {
            message_id: &self.message_id,
            file_key: &self.file_key,
            kind: self.kind.clone(),
        })
    }

    /// Starts the download.
    ///
    /// [`Download::save_in`] saves it under the name that users see in the chat. Without one, it
    /// takes the name from the server, or `image`, `audio.opus`, `video.mp4` or `file`. A name
    /// without an ending gets that of the media type.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`GetMessageResource`].
    pub async fn download(
        &self,
        client: &impl Sender<GetMessageResource>,
    ) -> Result<Download, Error> {
        let mut download = self.request().send(client).await?;
        if download.file_name().is_none() {
            download = download.named(self.fallback);
        }
        Ok(match &self.file_name {
            Some(name) => download.named(name),
            None => download,
        })
    }
}

/// A folder in a message.
///
/// ```no_run
/// # async fn run(
/// #     feishu: feishu_im::Client,
/// #     message: feishu_im::message::Message,
/// # ) -> Result<(), feishu_im::Error> {
/// for folder in message.folders() {
///     for resource in folder.resources(&feishu).await? {
///         resource.download(&feishu).await?.save_in("downloads").await?;
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ResourceFolder {
    /// The ID of the message to list and download by, as in [`Resource::message_id`].
    pub message_id: String,
    /// The key of the folder.
    pub file_key: String,
    /// The name that users see.
    pub name: Option<String>,
}

impl ResourceFolder {
    /// Lists the files in the folder, then those in the folders within it, with one call for each
    /// folder.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`ListFolder`], and [`ErrorKind::LimitExceeded`] if the platform lists
    /// only a part of a folder, or an entry without a key, or if there are more than 100 folders.
    pub async fn resources(
        &self,
        client: &impl Sender<ListFolder>,
    ) -> Result<Vec<Resource>, Error> {
        let mut found = Vec::new();
        let mut listed = HashSet::new();
        let mut folders = VecDeque::from([self.file_key.clone()]);
        while let Some(key) = folders.pop_front() {
            if !listed.insert(key.clone()) {
                continue;
            }
            if listed.len() > MOST_FOLDERS {
                return Err(too_much(format!("there are more than {MOST_FOLDERS} folders")));
            }
            for item in self.list(&key, client).await? {
                let key = item.file_key.unwrap_or_default();
                if item.is_folder == Some(true) {
                    folders.push_back(key);
                } else {
                    let file_name = item.name.filter(|name| !name.is_empty());
                    found.push(Resource { file_name, ..Resource::file(&self.message_id, key) });
                }
            }
        }
        Ok(found)
    }

    /// Lists one folder.
    async fn list(
        &self,
        file_key: &str,
        client: &impl Sender<ListFolder>,
    ) -> Result<Vec<FolderItem>, Error> {
        let request = ListFolder::new(ListFolderRequired {
            file_key,
            source_type: FolderSource::Message,
            source_id: &self.message_id,
        });
        let response = request.recursive(false).send(client).await?;
        let all = usize::try_from(response.all_count.unwrap_or_default()).unwrap_or_default();
        let all = all.max(response.items.len());
        let mut items = response.items;
        items.retain(|item| item.file_key.as_ref().is_some_and(|key| !key.is_empty()));
        let listed = items.len();
        if listed < all {
            return Err(too_much(format!("only {listed} of {all} entries of a folder are listed")));
        }
        Ok(items)
    }
}

fn too_much(detail: String) -> Error {
    let error = Error::builder(ErrorKind::LimitExceeded).operation(ListFolder::META.id());
    error.detail(detail).build()
}

impl Message {
    /// Returns what can be downloaded from the message: its image, file, recording or video, or
    /// the images, videos and files of a post. Stickers and images in cards cannot be, and what
    /// is in folders is found by [`folders`](Self::folders).
    ///
    /// A merged forward has nothing here. [`GetMessage`](super::GetMessage) returns it with the
    /// messages in it, and [`GetMessageResponse::resources`] what can be downloaded from these.
    pub fn resources(&self) -> Vec<Resource> {
        in_content(&self.content(), self.holder())
    }

    /// Returns the folders in the message.
    pub fn folders(&self) -> Vec<ResourceFolder> {
        folders_in(&self.content(), self.holder())
    }

    fn upper(&self) -> Option<&str> {
        self.upper_message_id.as_deref().filter(|id| !id.is_empty())
    }

    /// Returns the ID to download by, as far as a single message knows it.
    fn holder(&self) -> &str {
        self.upper().unwrap_or(&self.message_id)
    }
}

impl GetMessageResponse {
    /// Returns what can be downloaded from the message, and from all messages in a merged forward.
    ///
    /// The contents of a merged forward are downloaded by the ID of the outermost one, which each
    /// [`Resource`] has.
    pub fn resources(&self) -> Vec<Resource> {
        self.with_holders(in_content)
    }

    /// Returns the folders in the message, and in all messages in a merged forward.
    pub fn folders(&self) -> Vec<ResourceFolder> {
        self.with_holders(folders_in)
    }

    fn with_holders<T>(&self, find: impl Fn(&Content, &str) -> Vec<T>) -> Vec<T> {
        let uppers: HashMap<_, _> =
            self.items.iter().filter_map(|item| Some((&*item.message_id, item.upper()?))).collect();
        let outermost = |item: &Message| {
            let mut id = &*item.message_id;
            for _ in 0..MOST_LEVELS {
                let Some(upper) = uppers.get(id) else { break };
                id = upper;
            }
            find(&item.content(), id)
        };
        self.items.iter().flat_map(outermost).collect()
    }
}

#[cfg(feature = "events")]
impl crate::events::MessageReceived {
    /// Returns what can be downloaded from the message; see [`Message::resources`].
    pub fn resources(&self) -> Vec<Resource> {
        in_content(&self.content(), &self.message.message_id)
    }

    /// Returns the folders in the message.
    pub fn folders(&self) -> Vec<ResourceFolder> {
        folders_in(&self.content(), &self.message.message_id)
    }
}

fn folders_in(content: &Content, message_id: &str) -> Vec<ResourceFolder> {
    let folder = |key: &Option<String>, name: &Option<String>| {
        let file_key = key.clone().filter(|key| !key.is_empty())?;
        Some(ResourceFolder { message_id: message_id.to_owned(), file_key, name: name.clone() })
    };
    match content {
        Content::Folder(it) => folder(&it.file_key, &it.file_name).into_iter().collect(),
        Content::Post(post) => post
            .attachments()
            .filter(|it| it.is_folder == Some(true))
            .filter_map(|it| folder(&it.file_key, &it.file_name))
            .collect(),
        _ => Vec::new(),
    }
}

fn in_content(content: &Content, message_id: &str) -> Vec<Resource> {
    let mut found = Found { message_id, keys: HashSet::new(), resources: Vec::new() };
    match content {
        Content::Image(image) => found.image(image.image_key.as_deref()),
        Content::File(file) => {
            found.file(file.file_key.as_deref(), file.file_name.as_deref(), "file")
        }
        Content::Audio(audio) => found.file(audio.file_key.as_deref(), None, "audio.opus"),
        Content::Media(video) => {
            found.file(video.file_key.as_deref(), video.file_name.as_deref(), "video.mp4")
        }
        Content::Post(post) => found.post(post),
        _ => {}
    }
    found.resources
}

/// The resources of one message, each once.
struct Found<'a> {
    message_id: &'a str,
    keys: HashSet<&'a str>,
    resources: Vec<Resource>,
}

impl<'a> Found<'a> {
    fn image(&mut self, key: Option<&'a str>) {
        self.add(ResourceType::Image, key, None, "image");
    }

    fn file(&mut self, key: Option<&'a str>, name: Option<&str>, fallback: &'static str) {
        self.add(ResourceType::File, key, name, fallback);
    }

    fn add(
        &mut self,
        kind: ResourceType,
        key: Option<&'a str>,
        name: Option<&str>,
        fallback: &'static str,
    ) {
        let is_new = |key: &&'a str| !key.is_empty() && self.keys.insert(key);
        let Some(key) = key.filter(is_new) else { return };
        let mut resource =
            Resource::new(kind, self.message_id.to_owned(), key.to_owned(), fallback);
        resource.file_name = name.filter(|name| !name.is_empty()).map(str::to_owned);
        self.resources.push(resource);
    }

    fn post(&mut self, post: &'a Post) {
        let lines = post.bodies().flat_map(|body| body.lines.iter().chain(&body.markdown));
        for element in lines.flatten() {
            match element {
                Element::Img(image) => self.image(image.image_key.as_deref()),
                Element::Media(video) => self.file(video.file_key.as_deref(), None, "video.mp4"),
                Element::Md(markdown) => {
                    keys_in(&markdown.text).for_each(|key| self.image(Some(key)));
                }
                _ => {}
            }
        }
        let is_file = |file: &&Attachment| file.is_folder != Some(true);
        for file in post.attachments().filter(is_file) {
            self.file(file.file_key.as_deref(), file.file_name.as_deref(), "file");
        }
    }
}

/// Returns the keys of the images in Markdown: `![words](img_...)`.
fn keys_in(markdown: &str) -> impl Iterator<Item = &str> {
    let targets = markdown.split("](").skip(1);
    let is_end = |char: char| char == ')' || char.is_whitespace();
    targets
        .filter_map(move |target| target.split(is_end).next())
        .filter(|key| key.starts_with("img_"))
}
