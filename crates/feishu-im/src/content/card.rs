use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// A card: `msg_type` `interactive`.
///
/// A card is sent as its JSON, by the template that it was built as ([`CardTemplate`]), or by the
/// ID of an entity made before ([`CardEntity`]).
///
/// ```
/// use feishu_im::content::{Card, Content};
/// use serde_json::json;
///
/// let card = Card::new(json!({
///     "schema": "2.0",
///     "header": { "title": { "tag": "plain_text", "content": "Deployed" } },
///     "body": { "elements": [{ "tag": "markdown", "content": "All is **well**" }] },
/// }));
/// assert_eq!(Content::from(card).msg_type(), "interactive");
/// ```
///
/// The card that the platform returns cannot be sent: as a rule it is an object with `title` and
/// `elements`, a list of lines much like those of a post.
///
/// With the feature `cards`, `feishu_card::Card::builder()` builds a card and checks it against the
/// platform's limits; what it builds converts to this type and to [`Content`](super::Content).
///
/// Mentions in a card are written otherwise than in texts and posts: `<at id=ou_1></at>`.
///
/// Vendor's pages: [ways to send a card][send], [JSON of a card][json], [reading][read].
///
/// [send]: https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/send-feishu-card
/// [json]: https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-json-v2-structure
/// [read]: https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", content = "data")]
#[non_exhaustive]
pub enum Card {
    /// A card from a template.
    #[serde(rename = "template")]
    Template(CardTemplate),
    /// A card that was made before.
    #[serde(rename = "card")]
    Entity(CardEntity),
    /// The JSON of a card, or what the platform returned for one.
    #[serde(untagged)]
    Json(Value),
}

impl Card {
    /// Creates a card from its JSON, as the card builder shows it; the platform expects an object.
    pub fn new(json: impl Into<Value>) -> Self {
        Self::Json(json.into())
    }
}

// By hand: serde's derive reads such an enum through a buffer, which every user of the crate compiles.
impl<'de> Deserialize<'de> for Card {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?;
        Ok(by_id(&json).unwrap_or(Self::Json(json)))
    }
}

/// Reads a template or an entity, unless there is more in the JSON than these hold.
fn by_id(json: &Value) -> Option<Card> {
    let members = json.as_object().filter(|members| members.len() == 2)?;
    let mut data = members.get("data")?.as_object()?.clone();
    let card = match (
        members.get("type")?.as_str()?,
        data.remove("card_id"),
        data.remove("template_id"),
    ) {
        ("card", Some(Value::String(card_id)), None) => Card::Entity(CardEntity { card_id }),
        ("template", None, Some(Value::String(template_id))) => Card::Template(CardTemplate {
            template_id,
            template_version_name: match data.remove("template_version_name") {
                None | Some(Value::Null) => None,
                Some(Value::String(version)) => Some(version),
                Some(_) => return None,
            },
            template_variable: match data.remove("template_variable") {
                None => Map::new(),
                Some(Value::Object(variables)) => variables,
                Some(_) => return None,
            },
        }),
        _ => return None,
    };
    data.is_empty().then_some(card)
}

impl From<CardTemplate> for Card {
    fn from(template: CardTemplate) -> Self {
        Self::Template(template)
    }
}

impl From<CardEntity> for Card {
    fn from(entity: CardEntity) -> Self {
        Self::Entity(entity)
    }
}

/// A card from a template that was made with the card builder: `msg_type` `interactive`.
///
/// ```
/// use feishu_im::content::{CardTemplate, Content};
///
/// let card = CardTemplate::new("AAqigYkzabcef").version("1.0.0").variable("who", "Tom");
/// assert_eq!(
///     Content::from(card).to_json_string(),
///     r#"{"type":"template","data":{"template_id":"AAqigYkzabcef","template_version_name":"1.0.0","template_variable":{"who":"Tom"}}}"#,
/// );
/// ```
///
/// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#3ea4c2d5)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CardTemplate {
    /// The ID of the template.
    pub template_id: String,
    /// The version that was published, such as `1.0.0`. The latest if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_version_name: Option<String>,
    /// The values of the template's variables, by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub template_variable: Map<String, Value>,
}

impl CardTemplate {
    /// Creates a card from the latest version of a template.
    pub fn new(template_id: impl Into<String>) -> Self {
        Self {
            template_id: template_id.into(),
            template_version_name: None,
            template_variable: Map::new(),
        }
    }

    /// Sets one published version instead of the latest.
    pub fn version(mut self, name: impl Into<String>) -> Self {
        self.template_version_name = Some(name.into());
        self
    }

    /// Sets the value of a variable: text, a number, or any other JSON that the variable is made
    /// for.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.template_variable.insert(name.into(), value.into());
        self
    }
}

/// A card that was made before and can be changed in parts: `msg_type` `interactive`.
///
/// ```
/// use feishu_im::content::{CardEntity, Content};
///
/// assert_eq!(
///     Content::from(CardEntity::new("7371713483664506900")).to_json_string(),
///     r#"{"type":"card","data":{"card_id":"7371713483664506900"}}"#,
/// );
/// ```
///
/// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#3ea4c2d5)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CardEntity {
    /// The ID returned when the entity was created.
    pub card_id: String,
}

impl CardEntity {
    /// Creates the entity with this ID.
    pub fn new(card_id: impl Into<String>) -> Self {
        Self { card_id: card_id.into() }
    }
}
