//! What lies over the page: a menu, a question, a line that says how something went.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Something to be chosen.
#[derive(Clone)]
pub struct Choice {
    /// What it says.
    pub label: String,
    /// Whether it takes something away.
    pub danger: bool,
    /// Why it cannot be chosen now.
    pub refused: Option<String>,
    /// What it does. Not a `Callback`, which ends with what made it: the menu may outlive that.
    pub run: Arc<dyn Fn() + Send + Sync>,
}

impl Choice {
    /// One that can be chosen.
    pub fn new(label: &str, run: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            label: label.to_owned(),
            danger: false,
            refused: None,
            run: Arc::new(run),
        }
    }

    /// One that takes something away.
    pub fn dangerous(mut self) -> Self {
        self.danger = true;
        self
    }

    /// Greyed out, if there is a reason.
    pub fn unless(mut self, refused: Option<String>) -> Self {
        self.refused = refused;
        self
    }
}

/// A menu that is open.
#[derive(Clone)]
pub struct OpenMenu {
    /// What it is about, for those who hear it.
    pub label: String,
    /// Where, in pixels of the window.
    pub at: (f64, f64),
    /// What it offers.
    pub choices: Arc<Vec<Choice>>,
}

/// A question, or a line to be typed.
#[derive(Clone)]
pub struct Question {
    /// What is asked.
    pub title: String,
    /// What it means.
    pub text: String,
    /// What to type, beginning with this; and how many characters it may have.
    pub field: Option<(String, usize)>,
    /// Whether what is typed may have several lines.
    pub long: bool,
    /// The answers; the last one is what Enter does.
    pub answers: Arc<Vec<Answer>>,
}

/// An answer to a question.
#[derive(Clone)]
pub struct Answer {
    /// What it says.
    pub label: String,
    /// Whether it takes something away.
    pub danger: bool,
    /// What it does with what was typed. Not a `Callback`, which ends with what made it: a question
    /// that a menu asks outlives the menu.
    pub run: Arc<dyn Fn(String) + Send + Sync>,
}

impl Answer {
    /// An answer.
    pub fn new(label: &str, run: impl Fn(String) + Send + Sync + 'static) -> Self {
        Self {
            label: label.to_owned(),
            danger: false,
            run: Arc::new(run),
        }
    }

    /// One that takes something away.
    pub fn dangerous(mut self) -> Self {
        self.danger = true;
        self
    }
}

/// What lies over the page.
#[derive(Clone, Copy)]
pub struct Overlay {
    /// The menu.
    pub menu: RwSignal<Option<OpenMenu>>,
    /// The question.
    pub question: RwSignal<Option<Question>>,
    /// The line.
    pub said: RwSignal<Option<String>>,
    round: StoredValue<u32>,
    focus: StoredValue<Option<web_sys::HtmlElement>>,
}

impl Overlay {
    pub(super) fn new() -> Self {
        Self {
            menu: RwSignal::new(None),
            question: RwSignal::new(None),
            said: RwSignal::new(None),
            round: StoredValue::new(0),
            focus: StoredValue::new(None),
        }
    }

    /// Opens a menu, and remembers where the focus was.
    pub fn open_menu(self, label: &str, at: (f64, f64), choices: Vec<Choice>) {
        self.remember_focus();
        self.menu.set(Some(OpenMenu {
            label: label.to_owned(),
            at,
            choices: Arc::new(choices),
        }));
    }

    /// Closes the menu; the focus goes back.
    pub fn close_menu(self) {
        self.menu.set(None);
        self.return_focus();
    }

    /// Asks.
    pub fn ask(self, question: Question) {
        self.remember_focus();
        self.question.set(Some(question));
    }

    /// Asks whether to go on with something that cannot be undone.
    pub fn confirm(self, title: &str, text: &str, answer: Answer) {
        self.ask(Question {
            title: title.to_owned(),
            text: text.to_owned(),
            field: None,
            long: false,
            answers: Arc::new(vec![answer]),
        });
    }

    /// Asks for a text.
    pub fn type_in(self, title: &str, now: String, most: usize, long: bool, answer: Answer) {
        self.ask(Question {
            title: title.to_owned(),
            text: String::new(),
            field: Some((now, most)),
            long,
            answers: Arc::new(vec![answer]),
        });
    }

    /// Takes the question away; the focus goes back.
    pub fn close_question(self) {
        self.question.set(None);
        self.return_focus();
    }

    /// Says something for a while.
    pub fn say(self, text: impl Into<String>) {
        self.said.set(Some(text.into()));
        let round = self.round.get_value().wrapping_add(1);
        self.round.set_value(round);
        set_timeout(
            move || {
                if self.round.try_get_value() == Some(round) {
                    self.said.set(None);
                }
            },
            Duration::from_secs(6),
        );
    }

    fn remember_focus(self) {
        let element = document().active_element();
        let element = element.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok());
        // A menu that opens a question closes first: the focus stays where the menu found it.
        if element.as_ref().is_some_and(|it| it.tag_name() != "BODY") {
            self.focus.set_value(element);
        }
    }

    fn return_focus(self) {
        if let Some(element) = self.focus.get_value() {
            let _ = element.focus();
        }
    }
}
