use feishu_im::chat::ValidityPeriod;

fn main() {
    // An `Unknown` that holds a known value would compare unequal to it.
    let _ = ValidityPeriod::Unknown(feishu_im::UnknownValue("week".into()));
}
