use feishu_im::message::{ReceiveId, SendFile};

fn main() {
    // A path, or the contents?
    let _ = SendFile::new(ReceiveId::chat("oc_1"), "report.pdf");
}
