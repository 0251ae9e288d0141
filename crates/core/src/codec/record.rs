//! Objects whose fields the user of a platform defines.

use std::fmt;
use std::ops::Index;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::UNWRITABLE;
use super::lenient::{Lenient, Pass};
use super::notes::kind;
use super::warning::{DecodeError, Strictness};
use crate::base::Masked;
use crate::error::{Error, ErrorKind};

/// An object whose fields are yours and not the platform's, such as a record of a table or the
/// arguments of a function: made from a type of your own, and read as one.
///
/// ```
/// use openplat_core::Record;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Order {
///     customer: String,
///     pieces: i64,
/// }
///
/// let order = Order { customer: "Ada".to_owned(), pieces: 3 };
/// let record = Record::new(&order)?;
/// assert_eq!(record["pieces"], 3);
/// assert_eq!(record.read::<Order>()?, order);
/// # Ok::<(), openplat_core::Error>(())
/// ```
///
/// [`Record::new_all`] and [`Record::read_all`] do the same for lists. A map is a record without a
/// type of your own:
///
/// ```
/// # use openplat_core::Record;
/// let fields = [("customer", "Ada".into()), ("pieces", serde_json::Value::from(3))];
/// let record: Record = fields.into_iter().collect();
/// assert_eq!(record.fields().len(), 2);
/// ```
///
/// `Debug` shows the names of the fields, and masks their values.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record(Map<String, Value>);

impl Record {
    /// Creates a record from a struct or a map.
    ///
    /// `None` becomes `null`, and so does a float that is not a number. To leave a field out, give it
    /// `#[serde(skip_serializing_if = "Option::is_none")]`.
    ///
    /// # Errors
    ///
    /// Fails with [`ErrorKind::InvalidRequest`] if the value is written as anything but a JSON
    /// object.
    pub fn new(value: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        let problem = match serde_json::to_value(value) {
            Ok(Value::Object(fields)) => return Ok(Self(fields)),
            Ok(other) => format!("expected a struct or a map, found {}", kind(&other.to_string())),
            // The text of the error may quote the value.
            Err(_) => UNWRITABLE.into(),
        };
        Err(Error::new(ErrorKind::InvalidRequest).with_detail(problem))
    }

    /// Creates records from a list of structs or maps.
    ///
    /// # Errors
    ///
    /// Fails as [`new`](Self::new) does, and names the record by its index.
    pub fn new_all<T: Serialize>(values: impl IntoIterator<Item = T>) -> Result<Vec<Self>, Error> {
        let values = values.into_iter().enumerate();
        let new = |(index, value)| {
            let unfit = |error: Error| error.in_context(&format!("record {index}"));
            Self::new(&value).map_err(unfit)
        };
        values.map(new).collect()
    }

    /// Reads the record as a type of your own.
    ///
    /// A number is read as a text and a text as a number, as in every response. `null`, an empty
    /// text, an empty list and an empty object that do not fit say that there is no value, and are
    /// read as `None` or an empty list or map. Anything else that does not fit is an error.
    ///
    /// # Errors
    ///
    /// Fails with [`ErrorKind::Decode`], and names the place and what was expected there. The text
    /// of the error never quotes the record.
    ///
    /// ```
    /// # use openplat_core::Record;
    /// # use serde::Deserialize;
    /// # #[derive(Debug, Deserialize)]
    /// # struct Order {
    /// #     customer: String,
    /// #     pieces: i64,
    /// # }
    /// let record = Record::from_iter([("customer", "Ada"), ("pieces", "many")]);
    /// let error = record.read::<Order>().unwrap_err();
    /// assert!(error.to_string().ends_with("at `$.pieces`: expected i64, found a string"));
    /// ```
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.read_as().map_err(|error| error.in_context("the record does not fit the type"))
    }

    fn read_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        // Without a detour through text, which only those take that need it.
        T::deserialize(Lenient::new(&self.0, Pass::FIRST))
            .or_else(|_| self.read_again())
            .map_err(Error::from)
    }

    /// Finds the place of the fault. Values that only the second pass can read are no fault.
    #[cold]
    fn read_again<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        let json = serde_json::to_vec(&self.0).map_err(|_| DecodeError::unread())?;
        super::read(&json, Strictness::Strict).map(|read| read.value)
    }

    /// Reads records as a list of a type of your own.
    ///
    /// # Errors
    ///
    /// Fails as [`read`](Self::read) does, and names the record by its index.
    pub fn read_all<T: DeserializeOwned>(records: &[Self]) -> Result<Vec<T>, Error> {
        let records = records.iter().enumerate();
        let read = |(index, record): (usize, &Self)| {
            let unfit =
                |error: Error| error.in_context(&format!("record {index} does not fit the type"));
            record.read_as().map_err(unfit)
        };
        records.map(read).collect()
    }

    /// Returns the value of a field.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// Returns `true` if the record has no fields, as one that is absent from a response.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the fields.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Returns the fields by value.
    pub fn into_fields(self) -> Map<String, Value> {
        self.0
    }
}

impl From<Map<String, Value>> for Record {
    fn from(fields: Map<String, Value>) -> Self {
        Self(fields)
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Record {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// The value of a field, which is `null` if there is none, as in a [`Value`].
impl Index<&str> for Record {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        self.0.get(field).unwrap_or(&Value::Null)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.keys().map(|name| (name, Masked))).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Order {
        #[serde(rename = "_id")]
        id: i64,
        name: Option<String>,
        #[serde(default)]
        tags: Vec<String>,
        price: f64,
        buyer: Option<Buyer>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Buyer {
        email: String,
    }

    fn record(json: Value) -> Record {
        Record::new(&json).unwrap()
    }

    fn order(id: i64) -> Order {
        let buyer = Some(Buyer { email: "ada@example.com".to_owned() });
        Order { id, name: None, tags: vec!["new".to_owned()], price: 0.1 + 0.2, buyer }
    }

    #[test]
    fn own_types_go_in_and_come_out() {
        let orders = [order(1), order(1_801_464_965_461_024)];
        let records = Record::new_all(&orders).unwrap();
        assert_eq!(records[0].get("name"), Some(&Value::Null));
        assert_eq!(records[0]["tags"][0], "new");
        assert_eq!((records[0].get("absent"), &records[0]["absent"]), (None, &Value::Null));
        assert_eq!(Record::read_all::<Order>(&records).unwrap(), orders);
        let map = BTreeMap::from([("a", 1), ("b", 2)]);
        assert_eq!(Record::new(&map).unwrap(), Record::from_iter(map));
    }

    #[test]
    fn one_scalar_is_read_as_another() {
        let sent = record(json!({ "_id": "7", "name": 8, "tags": null, "price": "1.5" }));
        let read = sent.read::<Order>().unwrap();
        let name = Some("8".to_owned());
        assert_eq!(read, Order { id: 7, name, tags: Vec::new(), price: 1.5, buyer: None });
    }

    /// A value that may be absent is not left out as in a response.
    #[test]
    fn what_does_not_fit_is_an_error_with_its_index_and_place() {
        const SECRET: &str = "s3cr3t";
        const DECODE: &str = "failed to decode the response";
        let right = record(json!({ "_id": 1, "price": 1 }));
        for (fields, fault) in [
            (json!({ "_id": SECRET, "price": 1 }), "at `$._id`: expected i64, found a string"),
            (json!({ "_id": 1 }), "at `$`: the field `price` is missing"),
            (
                json!({ "_id": 1, "price": 1, "tags": ["a", { "b": SECRET }] }),
                "at `$.tags[1]`: expected a string, found an object",
            ),
            (
                json!({ "_id": 1, "price": 1, "buyer": { "email": [SECRET] } }),
                "at `$.buyer.email`: expected a string, found a list",
            ),
            (
                json!({ "_id": 1, "price": 1, "name": { SECRET: 1 } }),
                "at `$.name`: expected a string, found an object",
            ),
        ] {
            let records = [right.clone(), record(fields)];
            let error = Record::read_all::<Order>(&records).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode);
            let text = error.to_string();
            assert_eq!(text, format!("{DECODE}: record 1 does not fit the type: {fault}"));
            let text = records[1].read::<Order>().unwrap_err().to_string();
            assert_eq!(text, format!("{DECODE}: the record does not fit the type: {fault}"));
        }
    }

    #[test]
    fn what_is_empty_stands_for_nothing() {
        for nothing in [json!(""), json!([]), json!({}), Value::Null] {
            let sent = record(json!({
                "_id": 1, "price": 1, "name": null, "tags": nothing, "buyer": nothing,
            }));
            let read = sent.read::<Order>().unwrap();
            assert_eq!((read.tags, read.buyer), (Vec::new(), None), "{nothing}");
        }
    }

    #[test]
    fn a_number_keeps_its_digits_though_an_object_is_null() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Priced {
            price: f64,
            #[serde(default)]
            buyer: Option<Buyer>,
            #[serde(default)]
            address: Address,
        }
        #[derive(Debug, Default, PartialEq, Deserialize)]
        struct Address {
            city: Option<String>,
        }
        let price = 97.454_245_102_829_39;
        let sent = record(json!({ "price": price, "address": null }));
        assert_eq!(
            sent.read::<Priced>().unwrap(),
            Priced { price, buyer: None, address: Address::default() }
        );
    }

    #[test]
    fn what_is_no_object_is_no_record() {
        let error = Record::new_all([json!({}), json!(["s3cr3t"])]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        let text = error.to_string();
        assert!(text.ends_with("record 1: expected a struct or a map, found a list"), "{text}");
        let error = Record::new(&BTreeMap::from([((1, 2), 3)])).unwrap_err();
        assert!(error.to_string().contains("a key that is not a string"), "{error}");
    }

    #[test]
    fn values_are_masked() {
        let text = format!("{:?}", record(json!({ "name": "s3cr3t" })));
        assert_eq!(text, r#"{"name": <masked>}"#);
    }
}
