//! Numbers and times in strings on the wire.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Declares a type that holds a number as text, made of a number or of its text.
macro_rules! number_text {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                Self(number.to_string())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<&String> for $name {
            fn from(text: &String) -> Self {
                Self(text.clone())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<$name> for String {
            fn from(number: $name) -> Self {
                number.0
            }
        }
    };
}

number_text! {
    /// A whole number in a string, made from an `i64` or from its text, which is sent as it is.
    ///
    /// ```
    /// use openplat_core::NumberText;
    ///
    /// assert_eq!(String::from(NumberText::from(50)), "50");
    /// assert_eq!(NumberText::from("50"), NumberText::from(50));
    /// ```
    NumberText
}

number_text! {
    /// A time as seconds since the Unix epoch, made from a [`SystemTime`], from a number of seconds
    /// or from its text, which is sent as it is.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use openplat_core::Seconds;
    ///
    /// let time = UNIX_EPOCH + Duration::from_secs(1_609_073_151);
    /// assert_eq!(Seconds::from(time), Seconds::from(1_609_073_151));
    /// assert_eq!(Seconds::from("1609073151").to_system_time(), Some(time));
    /// ```
    Seconds
}

number_text! {
    /// A time as milliseconds since the Unix epoch, made from a [`SystemTime`], from a number of
    /// milliseconds or from its text, which is sent as it is.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use openplat_core::Millis;
    ///
    /// let time = UNIX_EPOCH + Duration::from_millis(1_609_073_151_345);
    /// assert_eq!(Millis::from(time), Millis::from(1_609_073_151_345));
    /// assert_eq!(Millis::from("1609073151345").to_system_time(), Some(time));
    /// ```
    Millis
}

impl Seconds {
    /// Returns the time, or `None` if the text is not a number or too large for a [`SystemTime`].
    pub fn to_system_time(&self) -> Option<SystemTime> {
        time(&self.0, Duration::from_secs)
    }
}

impl Millis {
    /// Returns the time, or `None` if the text is not a number or too large for a [`SystemTime`].
    pub fn to_system_time(&self) -> Option<SystemTime> {
        time(&self.0, Duration::from_millis)
    }
}

/// Rounds down to a whole second.
impl From<SystemTime> for Seconds {
    fn from(time: SystemTime) -> Self {
        Self(count(time, Duration::from_secs(1)).to_string())
    }
}

/// Rounds down to a whole millisecond.
impl From<SystemTime> for Millis {
    fn from(time: SystemTime) -> Self {
        Self(count(time, Duration::from_millis(1)).to_string())
    }
}

fn time(text: &str, unit: fn(u64) -> Duration) -> Option<SystemTime> {
    let count: i64 = text.trim().parse().ok()?;
    let distance = unit(count.unsigned_abs());
    match count {
        0.. => UNIX_EPOCH.checked_add(distance),
        _ => UNIX_EPOCH.checked_sub(distance),
    }
}

/// Counts units from the Unix epoch to `time`.
fn count(time: SystemTime, unit: Duration) -> i128 {
    let nanos = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => signed(after),
        Err(before) => -signed(before.duration()),
    };
    nanos.div_euclid(signed(unit))
}

/// No duration has more nanoseconds than an `i128` holds.
fn signed(duration: Duration) -> i128 {
    i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_before_the_epoch_is_rounded_down_too() {
        let time = UNIX_EPOCH - Duration::from_millis(1500);
        assert_eq!(Seconds::from(time), Seconds::from(-2));
        assert_eq!(Millis::from(time), Millis::from(-1500));
        assert_eq!(Millis::from(-1500).to_system_time(), Some(time));
    }

    #[test]
    fn a_time_after_the_epoch_is_read_as_it_was_written() {
        let time = UNIX_EPOCH + Duration::from_secs(1_609_073_151);
        assert_eq!(String::from(Seconds::from(time)), "1609073151");
        assert_eq!(Seconds::from(time).to_system_time(), Some(time));
        let time = time + Duration::from_millis(345);
        assert_eq!(String::from(Millis::from(time)), "1609073151345");
        assert_eq!(Millis::from(" 1609073151345").to_system_time(), Some(time));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "soon", "1.5", "2022-07-29T14:55Z", "99999999999999999999"] {
            assert_eq!(Seconds::from(text).to_system_time(), None, "{text}");
            assert_eq!(Millis::from(text).to_system_time(), None, "{text}");
        }
        let far = Seconds::from(i64::MAX).to_system_time();
        assert!(far.is_none_or(|far| far > UNIX_EPOCH));
    }
}
