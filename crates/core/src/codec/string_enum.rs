//! Open string enums: a value the vendor adds tomorrow decodes today.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// A value of the enum `E` that the documentation did not list when this crate was generated.
///
/// It can only come out of a conversion to `E`, so it never holds one of the known values.
pub struct UnknownValue<E>(Box<str>, PhantomData<fn() -> E>);

impl<E> UnknownValue<E> {
    /// The value as it is on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<E> Clone for UnknownValue<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<E> PartialEq for UnknownValue<E> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<E> Eq for UnknownValue<E> {}

impl<E> Hash for UnknownValue<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<E> fmt::Display for UnknownValue<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E> fmt::Debug for UnknownValue<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Not a function of the type, so that no one finds it there.
#[doc(hidden)]
pub fn __unknown<E>(value: &str) -> UnknownValue<E> {
    UnknownValue(value.into(), PhantomData)
}

/// Reads the text through a visitor that knows no type: it is compiled once for all enums.
#[doc(hidden)]
pub fn __deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    let mut value = None;
    deserializer.deserialize_str(Text(&mut |text| value = Some(T::from(text))))?;
    value.ok_or_else(unread)
}

/// A visitor that was never shown a text. Not compiled for each enum.
#[cold]
#[inline(never)]
fn unread<E: Error>() -> E {
    E::custom("expected a string")
}

struct Text<'a>(&'a mut dyn FnMut(&str));

impl Visitor<'_> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        (self.0)(text);
        Ok(())
    }
}

/// Declares an open string enum: the documented values as variants, everything else as `Unknown`.
///
/// The enum gets `as_str`, an infallible `From<&str>`, `Display`, `Serialize` and `Deserialize`
/// without derives, which keeps a crate with hundreds of them quick to compile; all are `#[inline]`,
/// so that a program compiles those of the enums that it uses. With
/// `ignore_case` a value is recognized in any case; it is always written as declared.
///
/// ```
/// openplat_core::string_enum! {
///     /// How long a link works.
///     pub enum Validity {
///         /// Seven days.
///         Week = "week",
///         /// For ever.
///         Permanently = "permanently",
///     }
/// }
/// assert_eq!(Validity::from("week"), Validity::Week);
/// assert_eq!(Validity::from("decade").as_str(), "decade");
/// ```
#[macro_export]
macro_rules! string_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($body:tt)* }
    ) => {
        $crate::string_enum! { @declare (str::eq) $(#[$meta])* $name { $($body)* } }
    };
    (
        ignore_case
        $(#[$meta:meta])*
        pub enum $name:ident { $($body:tt)* }
    ) => {
        $crate::string_enum! { @declare (str::eq_ignore_ascii_case) $(#[$meta])* $name { $($body)* } }
    };
    (
        @declare ($eq:expr) $(#[$meta:meta])* $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $value:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )*
            /// A value that was not documented when this crate was generated.
            Unknown($crate::UnknownValue<$name>),
        }

        impl $name {
            /// The documented values, in the order of the documentation.
            pub const KNOWN: &'static [&'static str] = &[$($value),*];

            /// The value as it is on the wire.
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $value, )*
                    Self::Unknown(value) => value.as_str(),
                }
            }
        }

        impl ::core::convert::From<&str> for $name {
            #[inline]
            fn from(value: &str) -> Self {
                let same: fn(&str, &str) -> bool = $eq;
                $( if same(value, $value) { return Self::$variant; } )*
                Self::Unknown($crate::__private::unknown(value))
            }
        }

        impl ::core::convert::From<::std::string::String> for $name {
            fn from(value: ::std::string::String) -> Self {
                Self::from(value.as_str())
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
                f.write_str(self.as_str())
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error>
            where
                S: $crate::__private::serde::Serializer,
            {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
            where
                D: $crate::__private::serde::Deserializer<'de>,
            {
                $crate::__private::deserialize_string_enum(deserializer)
            }
        }

        impl $crate::Param for $name {
            fn write(&self, sink: &mut dyn ::core::ops::FnMut(&str)) {
                sink(self.as_str());
            }
        }
    };
}

#[cfg(test)]
#[expect(unreachable_pub, dead_code, reason = "the macro declares enums for the public")]
mod tests {
    string_enum! {
        /// For the tests below.
        pub enum Color {
            /// Red.
            Red = "red",
            /// Green.
            DarkGreen = "dark_green",
        }
    }

    string_enum! {
        ignore_case
        /// For the tests below.
        pub enum Kind {
            /// A file.
            File = "FILE",
        }
    }

    #[test]
    fn known_values_map_to_variants_and_back() {
        assert_eq!(Color::from("dark_green"), Color::DarkGreen);
        assert_eq!(Color::DarkGreen.to_string(), "dark_green");
        assert_eq!(serde_json::to_string(&Color::Red).unwrap(), r#""red""#);
        assert_eq!(Color::KNOWN, ["red", "dark_green"]);
    }

    #[test]
    fn an_unknown_value_survives_a_round_trip() {
        let color: Color = serde_json::from_str(r#""dark green""#).unwrap();
        assert!(matches!(&color, Color::Unknown(value) if value.as_str() == "dark green"));
        assert_eq!(serde_json::to_string(&color).unwrap(), r#""dark green""#);
        assert_eq!(format!("{color:?}"), r#"Unknown("dark green")"#);
    }

    #[test]
    fn case_matters_unless_the_enum_says_otherwise() {
        assert!(matches!(Color::from("RED"), Color::Unknown(_)));
        assert_eq!(Kind::from("file"), Kind::File);
        assert_eq!(Kind::from("file").as_str(), "FILE");
    }
}
