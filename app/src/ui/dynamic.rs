//! What changes on screen, under few types. Every closure in a view is a type of its own, and each would bring a copy
//! of the code that draws it: behind two of these doors there is one copy for words and one for
//! parts. The third is for lists that outlive their rows.

use std::hash::Hash;

use leptos::prelude::*;
use leptos::tachys::reactive_graph::OwnedView;
use leptos::tachys::view::keyed::keyed;

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

/// A row for each item, kept for as long as its key is there. Like the library's `For`, whose list however keeps the bookkeeping
/// (an owner) of every row it ever had, until it ends itself (`reactive_graph` 0.2.16, `OwnerInner::children`).
pub fn each<T, K, V>(
    items: impl Fn() -> Vec<T> + Send + 'static,
    key: impl Fn(&T) -> K + Clone + Send + 'static,
    draw: impl Fn(T) -> V + Clone + Send + 'static,
) -> impl IntoView
where
    T: Send + 'static,
    K: Eq + Hash + 'static,
    V: IntoView + 'static,
{
    // Stands between the list and its rows, so that a row finds what is provided around the list.
    let around = Owner::new();
    let draw = move |_, item| {
        let row = around.with(Owner::new);
        // Forgets the row, in which there is nothing yet to clean up. Its view ends it from now on.
        around.cleanup();
        // A read here would be the list's, and end with the row (`ui/lasting.rs`).
        let view = row.with(|| untrack(|| draw(item)));
        (drop::<usize>, OwnedView::new_with_owner(view, row))
    };
    move || keyed(items(), key.clone(), draw.clone())
}
