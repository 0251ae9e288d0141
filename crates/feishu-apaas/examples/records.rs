//! Adds records of a type of its own to an object, and reads all records back.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-apaas --example records -- package_test__c book
//! ```
//!
//! The arguments are the namespace of a low-code app and the API name of an object in it, which has
//! a text field `book_name` and a number field `book_count`. The app needs the scopes
//! `app_engine:object.record:read` and `app_engine:object.record:write`.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::env;
use std::error::Error;

use feishu_apaas::application_object_record::{
    BatchCreateRecords, BatchCreateRecordsRequired, BatchQueryRecords, BatchQueryRecordsRequired,
};
use feishu_apaas::{Client, Record, Secret};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Book {
    #[serde(rename = "book_name")]
    pub name: String,
    #[serde(rename = "book_count")]
    pub count: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(namespace), Some(object)) = (arguments.next(), arguments.next()) else {
        return Err("usage: records NAMESPACE OBJECT".into());
    };
    let app_id = variable("FEISHU_APP_ID")?;
    let feishu = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?).build()?;

    let books = [("Ulysses", 2), ("Emma", 5)];
    let books = books.map(|(name, count)| Book { name: name.to_owned(), count });
    add(&feishu, &namespace, &object, &books).await?;
    for Book { name, count } in list(&feishu, &namespace, &object).await? {
        println!("{count} of {name}");
    }
    Ok(())
}

pub async fn add(
    feishu: &Client,
    namespace: &str,
    object_api_name: &str,
    books: &[Book],
) -> Result<(), Box<dyn Error>> {
    let records = Record::new_all(books)?;
    let request = BatchCreateRecordsRequired { namespace, object_api_name, records };
    let added = BatchCreateRecords::new(request).send(feishu).await?;
    let (count, results) = (books.len(), added.items.len());
    if results != count {
        return Err(format!("the response has {results} results for {count} books").into());
    }
    // The call succeeds even if records of it fail.
    for (book, result) in books.iter().zip(added.items) {
        if result.success != Some(true) {
            return Err(format!("{} was not added: {:?}", book.name, result.errors).into());
        }
    }
    Ok(())
}

pub async fn list(
    feishu: &Client,
    namespace: &str,
    object_api_name: &str,
) -> Result<Vec<Book>, feishu_apaas::Error> {
    let select = &["book_name", "book_count"];
    let query = BatchQueryRecordsRequired { namespace, object_api_name, select };
    let records = BatchQueryRecords::new(query).items(feishu).fetch_all().await?;
    Record::read_all(&records)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
