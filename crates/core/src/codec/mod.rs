//! From bytes to types and back.

mod param;
mod string_enum;

pub use param::Param;
pub use string_enum::UnknownValue;
pub use string_enum::{__deserialize as deserialize_string_enum, __unknown as unknown};
