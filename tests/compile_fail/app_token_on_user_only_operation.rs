use showcase::parcel::ListParcel;

fn call(feishu: &feishu_im::Client) {
    let _ = ListParcel::new().send(feishu);
}

fn main() {
    let _ = call;
}
