use feishu_im::openplat_core::Method;

async fn call(feishu: &feishu_im::Client) -> Result<(), feishu_im::Error> {
    feishu.raw(Method::Get, "/open-apis/bot/v3/info").send().await?;
    Ok(())
}

fn main() {
    let _ = call;
}
