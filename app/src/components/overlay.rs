//! What lies over the page: the menu, the question, the line that says how something went.

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;

use crate::erased::{effect, listener};
use crate::state::overlay::{Answer, Choice, OpenMenu, Question};
use crate::state::use_chat;

/// All of it.
#[component]
pub fn Overlays() -> impl IntoView {
    let overlay = use_chat().overlay;
    view! {
        {move || overlay.menu.get().map(|menu| view! { <Menu menu /> })}
        {move || overlay.question.get().map(|question| view! { <Ask question /> })}
        <div class="toast" role="status">
            {move || overlay.said.get()}
        </div>
    }
}

/// A menu. Arrow keys go through it, Escape and Tab leave it.
#[component]
fn Menu(menu: OpenMenu) -> impl IntoView {
    let overlay = use_chat().overlay;
    let element = NodeRef::<html::Div>::new();
    let (x, y) = menu.at;
    effect(move || {
        let Some(element) = element.get() else { return };
        // It stays inside the window.
        let bounds = element.get_bounding_client_rect();
        let inside = |at: f64, size: f64, most: Option<f64>| {
            at.min(most.unwrap_or(f64::MAX) - size - 8.0).max(8.0)
        };
        let size = |size: Result<wasm_bindgen::JsValue, _>| size.ok().and_then(|it| it.as_f64());
        let left = inside(x, bounds.width(), size(window().inner_width()));
        let top = inside(y, bounds.height(), size(window().inner_height()));
        let style = web_sys::HtmlElement::style(&element);
        let _ = style.set_property("left", &format!("{left}px"));
        let _ = style.set_property("top", &format!("{top}px"));
        step(&element, Step::First);
    });
    let on_keydown = move |event: ev::KeyboardEvent| {
        let Some(element) = element.get_untracked() else {
            return;
        };
        match event.key().as_str() {
            "ArrowDown" => step(&element, Step::Next),
            "ArrowUp" => step(&element, Step::Previous),
            "Home" => step(&element, Step::First),
            "End" => step(&element, Step::Last),
            "Escape" | "Tab" => overlay.close_menu(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let choices: Vec<_> = menu.choices.iter().cloned().map(choice_view).collect();
    view! {
        <div
            class="backdrop"
            on:click=listener(move |_| overlay.close_menu())
            on:contextmenu=listener(move |event: ev::MouseEvent| {
                event.prevent_default();
                overlay.close_menu();
            })
        ></div>
        <div
            class="menu"
            role="menu"
            tabindex="-1"
            aria-label=menu.label
            node_ref=element
            on:keydown=listener(on_keydown)
        >
            {choices}
        </div>
    }
    .into_any()
}

fn choice_view(choice: Choice) -> impl IntoView {
    let overlay = use_chat().overlay;
    let refused = choice.refused.is_some();
    let run = move |_| {
        if !refused {
            overlay.close_menu();
            (choice.run)();
        }
    };
    view! {
        <button
            type="button"
            role="menuitem"
            tabindex="-1"
            class:danger=choice.danger
            aria-disabled=refused.then_some("true")
            title=choice.refused
            on:click=listener(run)
        >
            {choice.label}
        </button>
    }
}

enum Step {
    First,
    Previous,
    Next,
    Last,
}

/// Moves the focus among the buttons of an element.
fn step(element: &web_sys::HtmlDivElement, step: Step) {
    let Ok(buttons) = element.query_selector_all("button") else {
        return;
    };
    let count = buttons.length();
    if count == 0 {
        return;
    }
    let focused = document().active_element();
    let now = (0..count).find(|at| {
        buttons.item(*at).as_ref() == focused.as_ref().map(AsRef::<web_sys::Node>::as_ref)
    });
    let next = match (step, now) {
        (Step::First, _) | (Step::Next, None) => 0,
        (Step::Last, _) | (Step::Previous, None) => count - 1,
        (Step::Next, Some(at)) => (at + 1) % count,
        (Step::Previous, Some(at)) => (at + count - 1) % count,
    };
    if let Some(button) = buttons.item(next)
        && let Some(button) = button.dyn_ref::<web_sys::HtmlElement>()
    {
        let _ = button.focus();
    }
}

/// A question, over everything; Escape answers it with no.
#[component]
fn Ask(question: Question) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let overlay = chat.overlay;
    let dialog = NodeRef::<html::Dialog>::new();
    let (now, most) = question.field.clone().unwrap_or_default();
    let typed = RwSignal::new(now.clone());
    effect(move || {
        if let Some(dialog) = dialog.get()
            && !dialog.open()
        {
            let _ = dialog.show_modal();
        }
    });
    // As long as the dialog is open, nothing around it takes the focus back.
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        overlay.close_question();
    };
    let title = question.title.clone();
    let [heading, title_again] = [title.clone(), title.clone()];
    let field = question.field.is_some().then(|| {
        let on_input = move |event| typed.set(event_target_value(&event));
        if question.long {
            view! {
                <textarea
                    aria-label=title_again
                    autofocus
                    rows="6"
                    maxlength=most
                    prop:value=now.clone()
                    on:input=listener(on_input)
                ></textarea>
            }
            .into_any()
        } else {
            view! {
                <input
                    aria-label=title_again
                    autofocus
                    autocomplete="off"
                    maxlength=most
                    prop:value=now.clone()
                    on:input=listener(on_input)
                />
            }
            .into_any()
        }
    });
    let last = question.answers.last().cloned();
    let answers: Vec<_> = question
        .answers
        .iter()
        .take(question.answers.len().saturating_sub(1))
        .cloned()
        .map(|answer| answer_view(answer, typed, close))
        .collect();
    let submit_label = last.as_ref().map(|it| it.label.clone()).unwrap_or_default();
    let submit_danger = last.as_ref().is_some_and(|it| it.danger);
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        close();
        if let Some(answer) = &last {
            (answer.run)(typed.get_untracked());
        }
    };
    let on_cancel = move |event: ev::Event| {
        event.prevent_default();
        close();
    };
    view! {
        <dialog class="dialog" aria-label=title node_ref=dialog on:cancel=listener(on_cancel)>
            <form on:submit=listener(on_submit)>
                <h2>{heading}</h2>
                {(!question.text.is_empty()).then(|| view! { <p>{question.text.clone()}</p> })}
                {field}
                <div class="actions">
                    <button
                        type="button"
                        class="button plain"
                        on:click=listener(move |_| close())
                    >
                        {t.cancel}
                    </button>
                    {answers}
                    <button type="submit" class="button" class:danger=submit_danger>
                        {submit_label}
                    </button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}

fn answer_view(
    answer: Answer,
    typed: RwSignal<String>,
    close: impl Fn() + 'static,
) -> impl IntoView {
    let run = move |_| {
        close();
        (answer.run)(typed.get_untracked());
    };
    view! {
        <button type="button" class="button plain" class:danger=answer.danger on:click=listener(run)>
            {answer.label}
        </button>
    }
}
