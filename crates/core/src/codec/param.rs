/// A value of a path parameter, a query parameter or a form field.
pub trait Param {
    /// Calls `sink` once for each value as text: never for an absent one, repeatedly for a list.
    fn write(&self, sink: &mut dyn FnMut(&str));
}

impl Param for str {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        sink(self);
    }
}

impl<T: Param + ?Sized> Param for &T {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        (**self).write(sink);
    }
}

impl Param for String {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        sink(self);
    }
}

impl Param for bool {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        sink(if *self { "true" } else { "false" });
    }
}

impl Param for i64 {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        sink(&self.to_string());
    }
}

impl Param for f64 {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        sink(&self.to_string());
    }
}

impl<T: Param> Param for Option<T> {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        if let Some(value) = self {
            value.write(sink);
        }
    }
}

impl<T: Param> Param for Vec<T> {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        for value in self {
            value.write(sink);
        }
    }
}
