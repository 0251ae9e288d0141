//! Records of a low-code app as types of a program's own: in, out, page by page, and in events.

use feishu_apaas::application_function::{InvokeFunction, InvokeFunctionRequired};
use feishu_apaas::application_object::{OqlQueryObjects, OqlQueryObjectsRequired, SearchObjects};
use feishu_apaas::application_object_record::{
    BatchCreateRecords, BatchCreateRecordsRequired, BatchQueryRecords, BatchQueryRecordsRequired,
    CreateRecord, CreateRecordRequired, QueryRecord, QueryRecordRequired,
};
use feishu_apaas::events::RecordChanged;
use feishu_apaas::workspace::{RunWorkspaceSql, RunWorkspaceSqlRequired};
use feishu_apaas::{ErrorKind, Record};
use openplat_mock::MockPlatform;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    customer: String,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    product: String,
    price: f64,
}

fn order(id: Option<i64>, customer: &str) -> Order {
    let lines = vec![Line { product: "tea".to_owned(), price: 0.1 + 0.2 }];
    Order { id, customer: customer.to_owned(), lines }
}

fn client(mock: &MockPlatform) -> feishu_apaas::Client {
    let builder = feishu_apaas::Client::builder("cli_1", "secret");
    builder.transport(mock.transport()).build().unwrap()
}

/// The JSON in a string of a body that was sent.
fn sent(mock: &MockPlatform, field: &str) -> Value {
    let body = mock.requests().last().unwrap().json().unwrap();
    serde_json::from_str(body[field].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn records_are_sent_from_own_types() -> Result<(), feishu_apaas::Error> {
    let mock = MockPlatform::in_process();
    mock.on::<BatchCreateRecords>();
    mock.on::<CreateRecord>();
    mock.on::<InvokeFunction>();
    let (feishu, orders) = (client(&mock), [order(None, "Ada"), order(Some(7), "Bo")]);

    let created = BatchCreateRecords::new(BatchCreateRecordsRequired {
        namespace: "package_test__c",
        object_api_name: "order",
        records: Record::new_all(&orders)?,
    });
    assert_eq!(created.send(&feishu).await?.items[0].success, Some(true));
    assert_eq!(sent(&mock, "records"), json!(orders));

    let record = Record::new(&orders[0])?;
    let required = CreateRecordRequired { namespace: "n", object_api_name: "order", record };
    CreateRecord::new(required).send(&feishu).await?;
    assert_eq!(sent(&mock, "record"), json!(orders[0]));

    let required = InvokeFunctionRequired { namespace: "n", function_api_name: "printParam" };
    InvokeFunction::new(required).params(Record::new(&orders[1])?).send(&feishu).await?;
    assert_eq!(sent(&mock, "params"), json!(orders[1]));
    Ok(())
}

/// From the documented responses.
#[tokio::test]
async fn records_are_read_as_own_types() -> Result<(), feishu_apaas::Error> {
    #[derive(Debug, PartialEq, Deserialize)]
    struct User {
        #[serde(rename = "_id")]
        id: i64,
        #[serde(rename = "_name")]
        name: String,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Student {
        name: String,
    }

    let mock = MockPlatform::in_process();
    mock.on::<OqlQueryObjects>();
    mock.on::<RunWorkspaceSql>().example().data(json!({ "result": "" }));
    mock.accept_user_token("u-1");
    let feishu = client(&mock);

    let query = "SELECT _id, _name FROM _user";
    let query = OqlQueryObjects::new(OqlQueryObjectsRequired { namespace: "n", query });
    let found = query.send(&feishu).await?;
    let user = User { id: 1_234_567_890, name: "Sample Text".to_owned() };
    assert_eq!(Record::read_all::<User>(&found.rows)?, [user]);

    let sql = "SELECT name FROM student";
    let statement = RunWorkspaceSql::new(RunWorkspaceSqlRequired { workspace_id: "w", sql });
    let ran = statement.send(&feishu.as_user("u-1")).await?;
    let student = Student { name: "王一一".to_owned() };
    assert_eq!(Record::read_all::<Student>(&ran.result)?, [student]);
    let ran = statement.send(&feishu.as_user("u-1")).await?;
    assert_eq!(Record::read_all::<Student>(&ran.result)?, []);
    Ok(())
}

#[tokio::test]
async fn what_was_sent_comes_back_the_same() -> Result<(), feishu_apaas::Error> {
    let mock = MockPlatform::in_process();
    let order = order(Some(1_801_464_965_461_024), "Ada");
    let item = serde_json::to_string(&order).unwrap();
    mock.on::<QueryRecord>().data(json!({ "item": item })).data(json!({}));
    let query = QueryRecord::new(QueryRecordRequired {
        namespace: "n",
        object_api_name: "order",
        id: "1801464965461024",
    });
    let feishu = client(&mock);
    assert_eq!(query.send(&feishu).await?.item.read::<Order>()?, order);
    let absent = query.send(&feishu).await?.item;
    assert!(absent.is_empty());
    assert_eq!(absent.read::<Order>().unwrap_err().kind(), ErrorKind::Decode);
    Ok(())
}

#[tokio::test]
async fn records_are_read_page_by_page() -> Result<(), feishu_apaas::Error> {
    let mock = MockPlatform::in_process();
    let page = |records: Value, next: Option<&str>| {
        let (text, has_more) = (records.to_string(), next.is_some());
        json!({ "items": text, "records": text, "has_more": has_more, "next_page_token": next })
    };
    let ada = order(Some(1), "Ada");
    for route in [mock.on::<BatchQueryRecords>(), mock.on::<SearchObjects>()] {
        route
            .data(page(json!([ada, { "customer": "s3cr3t" }]), Some("b")))
            .data(page(json!([order(Some(3), "Cy")]), None));
    }
    let feishu = client(&mock);

    let required = BatchQueryRecordsRequired {
        namespace: "n",
        object_api_name: "order",
        select: &["customer", "lines"],
    };
    let mut items = BatchQueryRecords::new(required).items(&feishu);
    let mut read = Vec::new();
    while let Some(record) = items.next().await {
        read.push(record?.read::<Order>());
    }
    assert_eq!(read[0].as_ref().unwrap(), &ada);
    let error = read[1].as_ref().unwrap_err().to_string();
    assert!(error.ends_with("at `$`: the field `lines` is missing"), "{error}");
    assert_eq!(read[2].as_ref().unwrap().id, Some(3));

    let mut found = SearchObjects::new("n").items(&feishu);
    let mut names = Vec::new();
    while let Some(record) = found.next().await {
        names.push(record?.get("customer").cloned());
    }
    assert_eq!(names, [Some("Ada".into()), Some("s3cr3t".into()), Some("Cy".into())]);
    Ok(())
}

#[test]
fn an_event_has_the_records_before_and_after() {
    let changed: RecordChanged = serde_json::from_value(json!({
        "before": "",
        "after": json!(order(Some(1), "Ada")).to_string(),
    }))
    .unwrap();
    assert!(changed.before.is_empty());
    assert_eq!(changed.after.read::<Order>().unwrap(), order(Some(1), "Ada"));
}
