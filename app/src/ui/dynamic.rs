//! What changes on screen, under few types. Every closure in a view is a type of its own, and each would bring a copy
//! of the code that draws it: behind these doors there is one copy for words and one for parts.

use leptos::prelude::*;

/// A part of a view that is drawn again when what it reads changes.
pub type Part = Box<dyn FnMut() -> AnyView + Send>;

/// Words, numbers or a state that follow what they read.
pub fn live<T>(read: impl Fn() -> T + Send + Sync + 'static) -> Signal<T>
where
    T: Clone + Send + Sync + 'static,
{
    Signal::derive(read)
}

/// A part of a view that follows what it reads; nothing while it reads `None`.
pub fn part<V: IntoAny>(draw: impl Fn() -> Option<V> + Send + 'static) -> Part {
    Box::new(move || draw().map_or_else(|| ().into_any(), IntoAny::into_any))
}
