//! Closures whose own types are forgotten.
//!
//! Every closure is a type, and what Leptos does with one is compiled for each type: a page of a
//! hundred small closures is a hundred copies of the same machinery to download. These take a closure
//! behind a pointer instead, so that there is one copy for each type of value. Where a closure is
//! written into a view's braces, `view!` does so by itself.

use std::sync::{Arc, Mutex};

use leptos::prelude::*;
use leptos::tachys::reactive_graph::SharedReactiveFunction;

/// What listens to an event, for `on:…` in a view.
pub type Listener<E> = Box<dyn FnMut(E)>;

/// What listens to an event, for `on:…` in a view.
pub fn listener<E>(hear: impl FnMut(E) + 'static) -> Listener<E> {
    Box::new(hear)
}

/// A part of a view that changes by itself.
pub type Live = SharedReactiveFunction<AnyView>;

/// A part of a view that changes by itself.
pub fn live<V>(mut view: impl FnMut() -> V + Send + 'static) -> Live
where
    V: IntoAny,
{
    Arc::new(Mutex::new(move || view().into_any()))
}

/// A value that is worked out again when what it depends on changes, and tells when it is another.
pub fn memo<T>(value: impl Fn() -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    // A closure within a generic function is a type for each type the function is used with; so what
    // takes it has a function of its own, here and below.
    fn new<T>(value: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| value())
    }
    new(Box::new(value))
}

/// Something to be done in the browser whenever what it depends on changes.
pub fn effect(run: impl FnMut() + 'static) {
    fn new(mut run: Box<dyn FnMut()>) {
        Effect::new(move |_| run());
    }
    new(Box::new(run));
}

/// A view of each item, which is its own key: as [`For`].
#[component]
pub fn Each<T, F, V>(
    /// The items, each once.
    #[prop(into)]
    items: Signal<Vec<T>>,
    /// The view of one.
    children: F,
) -> impl IntoView
where
    T: Copy + Eq + std::hash::Hash + Send + Sync + 'static,
    F: Fn(T) -> V + Send + Sync + 'static,
    V: IntoAny,
{
    each(items, Arc::new(move |item| children(item).into_any()))
}

fn each<T>(items: Signal<Vec<T>>, view: Arc<dyn Fn(T) -> AnyView + Send + Sync>) -> AnyView
where
    T: Copy + Eq + std::hash::Hash + Send + Sync + 'static,
{
    view! { <For each=move || items.get() key=|item| *item children=move |item| view(item) /> }
        .into_any()
}
