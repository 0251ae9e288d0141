use feishu_im::{Client, ErrorKind};

use super::server::{SUCCESS, Server, anonymous};
use super::{call, client, environment, options, texts};
use crate::tested::Tested;

#[tokio::test]
async fn a_proxy_gets_the_requests_with_its_password() {
    let proxy = Server::start(SUCCESS).await;
    let url = format!("http://me:hunter2@{}", proxy.address);
    let elsewhere = client("http://platform.invalid").allow_plain_http();
    call(elsewhere.proxy(url)).await.unwrap();
    let head = &proxy.heads()[0];
    assert!(head.starts_with("get http://platform.invalid/open-apis/im/v1/chats/oc_1 "), "{head}");
    // `me:hunter2`, in base64 and small letters.
    assert!(head.contains("proxy-authorization: basic bwu6ahvudgvymg=="), "{head}");
}

#[tokio::test]
async fn a_proxy_can_be_reached_by_tls() {
    let proxy = Server::start_tls(anonymous()).await;
    let authority = include_bytes!("../../certificates/ca.pem");
    let elsewhere = || client("http://platform.invalid").allow_plain_http().proxy(proxy.tls_url());
    let error = call(elsewhere()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("`root_certificate`"), "{error}");
    call(elsewhere().root_certificate(*authority)).await.unwrap();
    let head = &proxy.heads()[0];
    assert!(head.starts_with("get http://platform.invalid/open-apis/im/v1/chats/oc_1 "), "{head}");
}

#[tokio::test]
async fn a_proxy_that_was_set_is_used_for_this_machine_too() {
    let (server, proxy) = (Server::start(SUCCESS).await, Server::start(SUCCESS).await);
    call(client(&server.url()).proxy(proxy.url())).await.unwrap();
    assert_eq!((server.connections(), proxy.connections()), (0, 1));
    call(client(&server.url()).proxy(proxy.url()).no_proxy()).await.unwrap();
    assert_eq!((server.connections(), proxy.connections()), (1, 1));
}

#[test]
fn a_proxy_is_checked_when_the_client_is_built() {
    for base_url in [feishu_im::Feishu::LARK, "http://127.0.0.1:1"] {
        for proxy in [":::", "ftp://x", "127.0.0.1:1", "", "http://me:hunter2@x:99999"] {
            let error = client(base_url).proxy(proxy).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{proxy}");
            assert!(error.to_string().contains("`proxy`"), "{error}");
            assert!(!texts(&error).contains("hunter2"), "{error}");
        }
    }
    let builder = options().proxy("http://me:hunter2@127.0.0.1:1");
    let transport = builder.clone().build().unwrap();
    let debug = format!("{builder:?} {transport:?}");
    assert!(!debug.contains("hunter2"), "{debug}");
}

#[tokio::test]
async fn an_error_names_the_proxy_without_its_password() {
    let refusal = "HTTP/1.1 407 hunter2\r\nx: hunter2\r\ncontent-length: 0\r\n\r\n";
    let proxy = Server::start(refusal).await;
    let url = format!("http://me:hunter2@{}", proxy.address);
    let error = call(client("https://platform.invalid").proxy(url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let text = error.to_string();
    assert!(text.contains("proxy authorization required"), "{text}");
    assert!(text.contains(&format!("a proxy is set by `proxy`: {}", proxy.url())), "{text}");
    assert!(!texts(&error).contains("hunter2"), "{text}");
}

#[tokio::test]
async fn the_proxies_of_the_environment_are_not_for_this_machine() {
    let nowhere = "http://127.0.0.1:1";
    let variables = [("ALL_PROXY", nowhere), ("HTTP_PROXY", nowhere), ("NO_PROXY", "example.com")];
    let test = "network::proxies::the_proxies_of_the_environment_are_not_for_this_machine";
    if !environment::has(test, &variables) {
        return;
    }
    let server = Server::start(SUCCESS).await;
    call(client(&server.url())).await.unwrap();
    let transport = options().build().unwrap();
    call(client(&server.url()).transport(transport)).await.unwrap();
    let by_name = format!("http://localhost:{}", server.address.port());
    call(client(&by_name).transport(options().build().unwrap())).await.unwrap();
    assert_eq!(server.connections(), 3);

    let elsewhere = || client("http://platform.invalid").allow_plain_http();
    let error = call(elsewhere()).await.unwrap_err();
    assert!(error.to_string().contains("`HTTP_PROXY`: http://127.0.0.1:1"), "{error}");
    let error = call(elsewhere().no_proxy()).await.unwrap_err();
    assert!(error.to_string().contains("cannot be resolved"), "{error}");
    let excepted = client("http://sub.example.com").allow_plain_http();
    let error = call(excepted).await.unwrap_err();
    assert!(error.to_string().contains("cannot be resolved"), "{error}");
}

#[tokio::test]
async fn an_unusable_proxy_of_the_environment_is_not_passed_over() {
    let variables = [("all_proxy", "ftp://me:hunter2@127.0.0.1:1080")];
    let test = "network::proxies::an_unusable_proxy_of_the_environment_is_not_passed_over";
    if !environment::has(test, &variables) {
        return;
    }
    let error = Client::builder("cli_1", "secret").over::<Tested>().build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("`all_proxy`"), "{error}");
    assert!(error.to_string().contains("`no_proxy`"), "{error}");
    assert!(!texts(&error).contains("hunter2"), "{error}");

    Client::builder("cli_1", "secret").over::<Tested>().no_proxy().build().unwrap();
    Client::builder("cli_1", "secret")
        .over::<Tested>()
        .proxy("http://127.0.0.1:1")
        .build()
        .unwrap();
    let server = Server::start(SUCCESS).await;
    call(client(&server.url())).await.unwrap();
}
