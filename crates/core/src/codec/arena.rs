use std::cell::{Cell, OnceCell};

/// Keeps texts for as long as what is read borrows from them: the JSON that was in strings.
#[derive(Default)]
pub(super) struct Arena(OnceCell<(String, Box<Arena>)>);

/// Adds texts to an [`Arena`].
pub(super) struct Keeper<'a>(Cell<&'a Arena>);

impl<'a> Keeper<'a> {
    pub(super) fn new(arena: &'a Arena) -> Self {
        Self(Cell::new(arena))
    }

    pub(super) fn keep(&self, text: String) -> &'a str {
        let (text, next) = self.0.get().0.get_or_init(|| (text, Box::default()));
        self.0.set(next);
        text
    }
}

impl Drop for Arena {
    /// One text after the other: there may be more of them than a stack has room for.
    fn drop(&mut self) {
        let mut link = self.0.take();
        while let Some((_, mut next)) = link {
            link = next.0.take();
        }
    }
}
