use showcase::parcel::ReaddressParcel;

fn main() {
    // An enum is made from any string, so that the two could be swapped.
    let _ = ReaddressParcel::new("house", "P-1");
}
