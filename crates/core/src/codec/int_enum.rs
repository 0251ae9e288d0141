//! Open enums of numbers: a number that the vendor adds tomorrow decodes today.

use std::fmt;
use std::marker::PhantomData;

/// A value of the enum `E` that the documentation did not list when this crate was generated.
///
/// It can only come out of a conversion to `E`, so it never holds one of the known values.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnknownNumber<E>(i64, PhantomData<fn() -> E>);

impl<E> UnknownNumber<E> {
    /// Returns the value as it is on the wire.
    pub fn get(&self) -> i64 {
        self.0
    }
}

impl<E> fmt::Debug for UnknownNumber<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Not a function of the type, so that no one finds it there.
#[doc(hidden)]
pub fn __unknown<E>(value: i64) -> UnknownNumber<E> {
    UnknownNumber(value, PhantomData)
}

/// Declares an open enum of numbers: the documented values as variants, everything else as
/// `Unknown`.
///
/// The enum gets `as_i64`, an infallible `From<i64>`, `Display`, `Serialize` and `Deserialize`.
///
/// ```
/// openplat_core::int_enum! {
///     /// The size of a parcel.
///     pub enum Size {
///         /// Fits through a letterbox.
///         Small = 0,
///         /// Needs a van.
///         Large = 1,
///     }
/// }
/// assert_eq!(Size::from(1), Size::Large);
/// assert_eq!(Size::from(7).as_i64(), 7);
/// ```
#[macro_export]
macro_rules! int_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $value:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )*
            /// A value that was not documented when this crate was generated.
            Unknown($crate::UnknownNumber<$name>),
        }

        impl $name {
            /// The documented values, in the order of the documentation.
            pub const KNOWN: &'static [i64] = &[$($value),*];

            /// Returns the value as it is on the wire.
            #[inline]
            pub fn as_i64(&self) -> i64 {
                match self {
                    $( Self::$variant => $value, )*
                    Self::Unknown(value) => value.get(),
                }
            }
        }

        impl ::core::convert::From<i64> for $name {
            #[inline]
            fn from(value: i64) -> Self {
                match value {
                    $( $value => Self::$variant, )*
                    _ => Self::Unknown($crate::__private::unknown_number(value)),
                }
            }
        }

        impl ::core::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    $( Self::$variant => f.write_str(stringify!($variant)), )*
                    Self::Unknown(value) => f.debug_tuple("Unknown").field(value).finish(),
                }
            }
        }

        impl ::core::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.as_i64(), f)
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error>
            where
                S: $crate::__private::serde::Serializer,
            {
                serializer.serialize_i64(self.as_i64())
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
            where
                D: $crate::__private::serde::Deserializer<'de>,
            {
                let value: i64 = $crate::__private::serde::Deserialize::deserialize(deserializer)?;
                ::core::result::Result::Ok(Self::from(value))
            }
        }

        impl $crate::Param for $name {
            fn write(&self, sink: &mut dyn ::core::ops::FnMut(&str)) {
                $crate::Param::write(&self.as_i64(), sink);
            }
        }
    };
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro declares enums for the public")]
mod tests {
    use crate::codec::Strictness;

    int_enum! {
        /// For the tests below.
        pub enum Level {
            /// The lowest.
            Low = -1,
            /// The highest.
            High = 1,
        }
    }

    #[test]
    fn known_numbers_map_to_variants_and_back() {
        assert_eq!((Level::from(-1), Level::from(1)), (Level::Low, Level::High));
        assert_eq!((Level::Low.as_i64(), Level::High.to_string()), (-1, "1".to_owned()));
        assert_eq!(serde_json::to_string(&Level::Low).unwrap(), "-1");
        assert_eq!(Level::KNOWN, [-1, 1]);
    }

    #[test]
    fn an_unknown_number_survives_a_round_trip() {
        let level: Level = serde_json::from_str("7").unwrap();
        assert!(matches!(level, Level::Unknown(number) if number.get() == 7));
        assert_eq!(serde_json::to_string(&level).unwrap(), "7");
        assert_eq!(format!("{level:?}"), "Unknown(7)");
    }

    #[test]
    fn a_number_in_a_string_is_read_from_a_response() {
        let read = crate::codec::read::<Vec<Level>>(br#"["1", 1.0]"#, Strictness::Strict).unwrap();
        assert_eq!(read.value, [Level::High, Level::High]);
    }
}
