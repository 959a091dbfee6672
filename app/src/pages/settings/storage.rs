//! What this device holds, and what it lacks.

use leptos::prelude::*;
use leptos::{ev, html};
use protocol::Problem;

use crate::components::form::Fault;
use crate::components::section::Section;
use crate::erased::{effect, listener, live, memo};
use crate::state::port::{Action, Capability};
use crate::state::{Answer, Chat, use_chat};

/// Asks what this device holds.
fn look(chat: Chat) {
    chat.ask(Action::Storage, move |answer| match answer {
        Ok(storage) => chat.storage.set(Some(storage)),
        Err(_) => chat.say_failure(&answer),
    });
}

/// Something that takes its time: what is being done, and what went wrong with the last.
#[derive(Clone, Copy)]
struct Work {
    chat: Chat,
    doing: RwSignal<Option<&'static str>>,
    problem: RwSignal<Option<String>>,
}

impl Work {
    fn is_busy(self) -> bool {
        self.doing.with(Option::is_some)
    }

    fn begin(self, what: &'static str) {
        self.doing.set(Some(what));
        self.problem.set(None);
    }

    fn end<T>(self, answer: Result<T, Problem>, done: impl FnOnce(T) -> String) {
        self.doing.set(None);
        match answer {
            Ok(value) => {
                self.chat.overlay.say(done(value));
                look(self.chat);
            }
            Err(problem) => self.problem.set(Some(self.chat.t().says_problem(&problem))),
        }
    }
}

/// How much there is, and export, import, clear.
#[component]
pub fn StoragePart() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    effect(move || {
        // A check may have brought more of the history here.
        chat.checked.track();
        look(chat);
    });
    let work = Work {
        chat,
        doing: RwSignal::new(None),
        problem: RwSignal::new(None),
    };
    let export = move |_| {
        work.begin(t.exporting);
        chat.ask(Action::Export, move |answer| {
            work.end(answer, |()| t.export_done.to_owned());
        });
    };
    let clear = move |_| {
        let answer = Answer::new(t.clear_local, move |_| {
            work.begin(t.clearing);
            chat.ask(Action::ClearHistory, move |answer| {
                work.end(answer, |()| t.cleared.to_owned());
            });
        });
        chat.overlay
            .confirm(t.clear_local, t.clear_local_text, answer.dangerous());
    };
    let busy = memo(move || work.is_busy());
    view! {
        <Section title=t.storage needs_script=true>
            <Held />
            <p role="status">{move || work.doing.get()}</p>
            <Fault text=work.problem.into() />
            <div class="actions">
                <button type="button" class="button plain" disabled=busy on:click=listener(export)>
                    {t.export}
                </button>
                <button type="button" class="button plain danger" disabled=busy on:click=listener(clear)>
                    {t.clear_local}
                </button>
            </div>
            <ImportField work />
        </Section>
    }
    .into_any()
}

#[component]
fn Held() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    live(move || {
        let Some(storage) = chat.storage.get() else {
            return view! { <p role="status">{t.storage_loading}</p> }.into_any();
        };
        let used = storage.bytes.map_or_else(
            || t.storage_unknown.to_owned(),
            |bytes| t.used(bytes, storage.quota),
        );
        let kept = if storage.persisted {
            t.storage_persisted
        } else {
            t.storage_evictable
        };
        view! {
            <dl class="facts">
                <dt>{t.storage_events}</dt>
                <dd>{storage.events}</dd>
                <dt>{t.storage_used}</dt>
                <dd>{used}</dd>
                <dt>{t.storage_kept}</dt>
                <dd>{kept}</dd>
            </dl>
        }
        .into_any()
    })
}

/// Takes a file in as soon as one is chosen.
#[component]
fn ImportField(work: Work) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_: ev::Event| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        let file = input.files().and_then(|files| files.get(0));
        let Some(file) = file.filter(|_| !untrack(|| work.is_busy())) else {
            return;
        };
        work.begin(t.importing);
        chat.ask(
            |reply| Action::Import { file, reply },
            move |answer| {
                // The same file can be chosen again.
                input.set_value("");
                work.end(answer, |count| t.imported(count));
            },
        );
    };
    view! {
        <div class="form">
            <label>
                {t.import}
                <input
                    type="file"
                    accept=".jsonl"
                    aria-describedby="import-hint"
                    node_ref=input
                    on:change=listener(chosen)
                />
            </label>
            <p class="hint" id="import-hint">
                {t.import_hint}
            </p>
        </div>
    }
    .into_any()
}

/// What this browser, or an address without encryption, cannot do, and why.
#[component]
pub fn Missing() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let says = move |lack: Capability| match lack {
        Capability::SharedStream => t.lacks_shared_stream,
        Capability::OfflineOpen => t.lacks_offline_open,
        Capability::PersistentStorage => t.lacks_persistence,
        Capability::History => t.lacks_history,
        Capability::Notifications => t.lacks_notifications,
    };
    let list = live(move || {
        let missing = chat.storage.get()?.missing;
        Some(if missing.is_empty() {
            view! { <p>{t.capabilities_none}</p> }.into_any()
        } else {
            let lines = missing
                .into_iter()
                .map(|lack| view! { <li>{says(lack)}</li> });
            view! { <ul>{lines.collect_view()}</ul> }.into_any()
        })
    });
    view! {
        <Section title=t.capabilities needs_script=true>
            {list}
        </Section>
    }
    .into_any()
}
