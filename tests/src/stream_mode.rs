//! A bot on DingTalk's stream mode, against the platform on this machine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dingtalk_convfile::events::connection::LongConnection;
use dingtalk_convfile::events::{
    Answer, CARD_ACTIONS, CardActionAnswer, Event, EventHeader, Listener, PLUGIN_CALLS,
    ROBOT_MESSAGES, RawEvent,
};
use dingtalk_convfile::{Client, DingTalk, Error};
use openplat_mock::{Fault, MockPlatform, Push, Reply};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::tested::Tested;

/// A bot that answers to what people do, and that one type of event is too much for.
async fn answer(event: Event) -> Result<Answer, &'static str> {
    match event {
        Event::RobotMessage(message) if message.text().as_deref() == Some("hi") => {
            Ok(Answer::default())
        }
        Event::CardAction(action) => {
            let status = &action.content.card_private_data.action_ids[0];
            Ok(action.answer(CardActionAnswer::new().set("status", status)))
        }
        Event::Unknown(event) if event.event_type() == "user_add_org" => Ok(Answer::default()),
        _ => Err("too much"),
    }
}

fn click(action: &str) -> Value {
    let content = json!({ "cardPrivateData": { "actionIds": [action], "params": {} } });
    json!({ "outTrackId": "card1", "userId": "u1", "content": content.to_string() })
}

async fn converse(mock: &MockPlatform, client: &Client) {
    let connection = LongConnection::new(client).connect();
    let control = connection.control();
    let running = tokio::spawn(connection.run(Listener::new(answer)));

    let message = json!({ "msgId": "msg1", "msgtype": "text", "text": { "content": " hi " } });
    let ack = mock.push(Push::dingtalk_callback(ROBOT_MESSAGES, message)).ack().await;
    assert_eq!((ack.code, ack.data), (200, Some(json!({ "response": {} }))));

    let ack = mock.push(Push::dingtalk_callback(CARD_ACTIONS, click("agree"))).ack().await;
    let data = ack.data.unwrap();
    let status = data.pointer("/response/cardData/cardParamMap/status");
    assert_eq!((ack.code, status), (200, Some(&json!("agree"))));

    let users = json!({ "userId": ["u1"] });
    let ack = mock.push(Push::dingtalk_event("user_add_org", users.clone())).ack().await;
    assert_eq!((ack.code, &ack.data.unwrap()["status"]), (200, &json!("SUCCESS")));
    let refused = mock.push(Push::dingtalk_event("user_leave_org", users).resend_after([]));
    let ack = refused.ack().await;
    assert_eq!((ack.code, &ack.data.unwrap()["status"]), (500, &json!("LATER")));

    let opaque = json!({ "opaque": "0e1a" });
    let ack = mock.push(Push::dingtalk_system("ping", opaque.clone())).ack().await;
    assert_eq!((ack.code, ack.data), (200, Some(opaque)));

    let reason = json!({ "reason": "connection is expired" });
    mock.push(Push::dingtalk_system("disconnect", reason)).ack().await;
    let second = mock.connection(1).await;
    assert!(second.is_open());
    mock.push(Push::dingtalk_callback(CARD_ACTIONS, click("again")).to(1)).accepted().await;

    control.shutdown();
    running.await.unwrap().unwrap();
    let subscribed = [("EVENT", "*"), ("CALLBACK", ROBOT_MESSAGES), ("CALLBACK", CARD_ACTIONS)];
    for connection in mock.connections() {
        assert_eq!(connection.violations(), [""; 0]);
        let subscriptions = connection.subscriptions();
        let subscriptions = subscriptions.iter().map(|(kind, topic)| (&**kind, &**topic));
        assert_eq!(subscriptions.collect::<Vec<_>>(), subscribed);
    }
    assert_eq!(mock.long_connection().requests().len(), 4, "an address and a socket, twice");
}

#[tokio::test]
async fn a_bot_hears_over_sockets() {
    let mock = MockPlatform::start().await.unwrap();
    let client =
        Client::builder("dingkey", "secret").over::<Tested>().base_url(mock.url()).build().unwrap();
    converse(&mock, &client).await;
}

#[tokio::test(start_paused = true)]
async fn a_bot_hears_in_process() {
    let mock = MockPlatform::in_process();
    let client = Client::builder("dingkey", "secret").transport(mock.transport()).build().unwrap();
    converse(&mock, &client).await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_subscribed_to_is_not_pushed() {
    let mock = MockPlatform::in_process();
    let client = Client::builder("dingkey", "secret").transport(mock.transport()).build().unwrap();
    let long = LongConnection::new(&client).events(false).callbacks([PLUGIN_CALLS]);
    let listener = Listener::new(|_: RawEvent| async { Ok::<_, Error>(Answer::json("done")) });
    let running = tokio::spawn(long.connect().run(listener));
    mock.connection(0).await;
    let event = mock.push(Push::dingtalk_event("user_add_org", json!({})));
    let call = mock.push(Push::dingtalk_callback(PLUGIN_CALLS, json!({})));
    assert_eq!(call.ack().await.data, Some(json!({ "response": "done" })));
    assert_eq!((event.sent_to().len(), mock.connections().len()), (0, 1));
    running.abort();
}

/// Does something to the newest connection, about each minute and a half, and often to the requests
/// for the next one as well.
async fn trouble(mock: MockPlatform) {
    let mut random = fastrand::Rng::with_seed(5);
    loop {
        tokio::time::sleep(Duration::from_secs(random.u64(1..180))).await;
        let Some(connection) = mock.connections().pop() else { continue };
        let plan = mock.long_connection();
        let route = match random.bool() {
            true => plan.endpoint::<DingTalk>(),
            false => plan.upgrade::<DingTalk>(),
        };
        match random.u8(..8) {
            0 => route.respond(Reply::new(503)).times(3),
            1 => route.respond(Reply::reset()).times(2),
            2 => route.respond(Reply::stall()).times(1),
            _ => route,
        };
        match random.u8(..5) {
            0 => connection.close(1001),
            1 => connection.reset(),
            2 => connection.silence(),
            3 => connection.stall(Duration::from_secs(random.u64(1..60))),
            _ => {
                let disconnect = Push::dingtalk_system("disconnect", json!({ "reason": "late" }));
                mock.push(disconnect.to(connection.index()));
            }
        }
    }
}

/// Two hours in which connections are cut, closed, stalled, refused, replaced and half open.
#[tokio::test(start_paused = true)]
async fn each_event_is_handled_once_whatever_happens_to_connections() {
    let mock = MockPlatform::in_process();
    let client = Client::builder("dingkey", "secret").transport(mock.transport()).build().unwrap();
    let handled: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let diary = handled.clone();
    let listener = Listener::new(move |event: RawEvent| {
        let (diary, EventHeader { id, .. }) = (diary.clone(), event.header().clone());
        async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            *diary.lock().unwrap().entry(id.unwrap()).or_default() += 1;
            Ok::<_, Error>(())
        }
    });
    let tasks = Handle::current().metrics().num_alive_tasks();
    let connection = LongConnection::new(&client).connect();
    let control = connection.control();
    let mut running = tokio::spawn(connection.run(listener));
    let trouble = tokio::spawn(trouble(mock.clone()));

    let pushes: Vec<_> = (0..3600)
        .map(|number| {
            let after = Duration::from_secs(2 * number);
            let push = match number % 2 {
                0 => Push::dingtalk_event("user_add_org", json!({ "userId": [number] })),
                _ => Push::dingtalk_callback(ROBOT_MESSAGES, json!({ "msgId": number })),
            };
            // The documentation knows no end of repetitions.
            mock.push(push.after(after).resend_after([Duration::from_secs(60); 100]))
        })
        .collect();
    for pushed in &pushes {
        tokio::select! {
            () = pushed.accepted() => {}
            ended = &mut running => panic!("{ended:?}"),
        }
    }
    trouble.abort();
    control.shutdown();
    running.await.unwrap().unwrap();

    let handled = handled.lock().unwrap();
    assert_eq!(handled.len(), pushes.len());
    assert!(handled.values().all(|times| *times == 1), "{handled:?}");
    let connections = mock.connections();
    assert!(connections.len() > 30, "{}", connections.len());
    let repeated = pushes.iter().filter(|pushed| pushed.sent_to().len() > 1).count();
    assert!(repeated > 10, "{repeated}");
    for connection in connections {
        assert!(!connection.is_open());
        assert_eq!(connection.violations(), [""; 0]);
        let Some((fault, since)) = connection.fault() else { continue };
        if fault == Fault::Silence {
            let noticed = connection.closed_at().unwrap().saturating_sub(since);
            assert!(noticed <= Duration::from_secs(81), "{noticed:?}");
        }
    }
    drop(mock);
    assert_eq!(Handle::current().metrics().num_alive_tasks(), tasks);
}
