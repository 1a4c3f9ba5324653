//! Signals and memos that outlive their readers, as those of a desk outlive its cards and rows.
//!
//! A signal of the library keeps everyone who ever read it: a reader that ended is never taken out of its set, nor its memory freed
//! while it is in there, whether the signal changes or not (`reactive_graph` 0.2.16, `signal/subscriber_traits.rs`). A desk is open for
//! weeks.

use leptos::prelude::*;
use leptos::reactive::graph::{AnySource, Observer, Source as _, ToAnySource};
use leptos::reactive::traits::UntrackableGuard;

/// A signal or memo that lets its readers go when they end.
#[derive(Clone, Copy)]
pub struct Lasting<S>(S);

impl<T: Send + Sync + 'static> Lasting<RwSignal<T>> {
    /// A signal.
    pub fn signal(value: T) -> Self {
        Self(RwSignal::new(value))
    }
}

impl<T: PartialEq + Send + Sync + 'static> Lasting<Memo<T>> {
    /// A memo.
    pub fn memo(read: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Self {
        Self(Memo::new(read))
    }
}

/// Whoever reads now is a reader until the owner it reads in cleans up: before it reads again, or when it has ended.
fn let_go_in_time(source: &dyn Outlives) {
    if let Some(reader) = Observer::get() {
        let source = source.source();
        on_cleanup(move || source.remove_subscriber(&reader));
    }
}

/// What can outlive its readers.
pub trait Outlives: Track {
    /// Itself, as what is read.
    fn source(&self) -> AnySource;
}

impl<T: Send + Sync + 'static> Outlives for RwSignal<T> {
    fn source(&self) -> AnySource {
        self.to_any_source()
    }
}

impl<T: Send + Sync + 'static> Outlives for Memo<T> {
    fn source(&self) -> AnySource {
        ArcMemo::from(*self).to_any_source()
    }
}

impl<S: Outlives> Track for Lasting<S> {
    fn track(&self) {
        let_go_in_time(&self.0);
        self.0.track();
    }
}

impl<S: DefinedAt> DefinedAt for Lasting<S> {
    fn defined_at(&self) -> Option<&'static std::panic::Location<'static>> {
        self.0.defined_at()
    }
}

impl<S: IsDisposed> IsDisposed for Lasting<S> {
    fn is_disposed(&self) -> bool {
        self.0.is_disposed()
    }
}

impl<S: ReadUntracked> ReadUntracked for Lasting<S> {
    type Value = S::Value;

    fn try_read_untracked(&self) -> Option<Self::Value> {
        self.0.try_read_untracked()
    }
}

impl<S: Notify> Notify for Lasting<S> {
    fn notify(&self) {
        self.0.notify();
    }
}

impl<S: Write> Write for Lasting<S> {
    type Value = S::Value;

    fn try_write(&self) -> Option<impl UntrackableGuard<Target = Self::Value>> {
        self.0.try_write()
    }

    fn try_write_untracked(&self) -> Option<impl std::ops::DerefMut<Target = Self::Value>> {
        self.0.try_write_untracked()
    }
}
