//! Forms that work with and without script: what was typed, and what is wrong with it.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::{Code, FieldError, Problem};
use wasm_bindgen::JsCast;

use crate::erased::live;
use crate::state::{Chat, use_chat};

/// A form on the page, at first as the server refused it, if it did.
#[derive(Clone, Copy)]
pub struct FormState {
    /// Tells the form's fields from those of others on the page.
    pub id: &'static str,
    chat: Chat,
    values: StoredValue<Vec<(String, String)>>,
    refused: RwSignal<Option<Refused>>,
}

/// Why a form was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    code: Code,
    fields: Vec<FieldError>,
}

impl FormState {
    /// The form that is posted to a path. `id` is its own on the page.
    pub fn new(id: &'static str, action: &str) -> Self {
        let chat = use_chat();
        let form = chat
            .site
            .with_value(|site| site.form.clone())
            .filter(|form| form.action == action);
        let (values, refused) = form.map_or_else(Default::default, |form| {
            let refused = Refused {
                code: form.code.unwrap_or(Code::Unknown),
                fields: form.fields,
            };
            (form.values, Some(refused))
        });
        if refused.is_some() {
            // It was refused once: whoever comes back to the page finds it as new.
            on_cleanup(move || {
                chat.site.try_update_value(|site| site.form = None);
            });
        }
        Self {
            id,
            chat,
            values: StoredValue::new(values),
            refused: RwSignal::new(refused),
        }
    }

    /// What was typed into a field before it was refused.
    pub fn typed(self, field: &str) -> Option<String> {
        self.values.with_value(|values| {
            let value = values.iter().find(|(name, _)| name == field);
            value.map(|(_, value)| value.clone())
        })
    }

    /// What was chosen for a field that may be there several times.
    pub fn chosen<T: std::str::FromStr>(self, field: &str) -> Vec<T> {
        let all = self.typed(field).unwrap_or_default();
        all.split(',').filter_map(|one| one.parse().ok()).collect()
    }

    /// What is wrong with a field, and what to do.
    pub fn fault(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.refused.with(|refused| {
                let refused = refused.as_ref()?;
                if let Some(error) = refused.fields.iter().find(|it| it.field == field) {
                    return Some(self.chat.t().fault(field, error.fault));
                }
                (refused.code == Code::HandleTaken && field == "handle")
                    .then(|| self.chat.t().problem(refused.code).to_owned())
            })
        })
    }

    /// Why it was refused, where that is said at none of its fields.
    pub fn problem(self) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.refused.with(|refused| {
                let refused = refused.as_ref()?;
                let at_a_field = !refused.fields.is_empty() || refused.code == Code::HandleTaken;
                (!at_a_field).then(|| self.chat.t().problem(refused.code).to_owned())
            })
        })
    }

    /// Shows why it was refused.
    pub fn refuse(self, problem: Problem) {
        self.refused.set(Some(Refused {
            code: problem.code,
            fields: problem.fields,
        }));
    }

    /// Takes the answer: whether it was done, and if not, shows why.
    pub fn took<T>(self, answer: Result<T, Problem>) -> Option<T> {
        match answer {
            Ok(done) => {
                self.refused.set(None);
                Some(done)
            }
            Err(problem) => {
                self.refuse(problem);
                None
            }
        }
    }
}

/// What went wrong with a form, or with something done on the page.
#[component]
pub fn Fault(
    /// What to say, if anything.
    text: Signal<Option<String>>,
) -> impl IntoView {
    live(move || {
        text.get()
            .map(|text| view! { <p class="problem" role="alert">{text}</p> })
    })
}

/// What a form holds as it is sent by script.
pub struct Typed(web_sys::FormData);

impl Typed {
    /// Keeps the browser from sending the form, and reads it.
    pub fn take(event: &SubmitEvent) -> Option<Self> {
        event.prevent_default();
        let form = event
            .target()?
            .dyn_into::<web_sys::HtmlFormElement>()
            .ok()?;
        web_sys::FormData::new_with_form(&form).ok().map(Self)
    }

    /// All values of a field that may be there several times.
    pub fn chosen<T: std::str::FromStr>(&self, field: &str) -> Vec<T> {
        let all = self.0.get_all(field);
        let texts = all.iter().filter_map(|one| one.as_string());
        texts.filter_map(|one| one.parse().ok()).collect()
    }

    /// A field's value; empty if it is not there.
    pub fn text(&self, field: &str) -> String {
        self.0.get(field).as_string().unwrap_or_default()
    }
}
