//! The example program, run by two machines.

use feishu_im::Client;
use feishu_im::chat::ListChat;

use crate::mock;
use crate::server::Redis;

#[path = "../../examples/shared_tokens.rs"]
#[allow(dead_code, reason = "`main` is not called")]
mod shared_tokens;

#[ignore = "needs redis-server"]
#[tokio::test]
async fn the_second_machine_fetches_no_token() {
    let redis = Redis::start();
    let mock = mock().await;
    mock.on::<ListChat>();
    for calls in 1..=2 {
        let builder = Client::builder("cli_1", "secret").base_url(mock.url());
        let feishu = shared_tokens::client(builder, &redis.url()).await.unwrap();
        shared_tokens::list(&feishu).await.unwrap();
        assert_eq!((mock.requests().len(), mock.token_requests().len()), (calls, 1));
    }
}
