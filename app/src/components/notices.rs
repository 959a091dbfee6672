//! Bars that say what does not work now, and what to do.

use leptos::prelude::*;
use protocol::command::CommandKind;
use protocol::event::Content;
use protocol::sync::Connection;
use protocol::{Code, ConversationId};

use super::icon::Icon;
use crate::erased::{live, memo};
use crate::state::{Place, use_chat};

/// Says when there is no connection.
#[component]
pub fn ConnectionNotice() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let connection = memo(move || chat.connection.get());
    let notice = live(move || {
        let (text, link) = match connection.get() {
            Connection::Connecting | Connection::Live => return None,
            Connection::Offline => (t.network_down, None),
            Connection::SignedOut => (t.signed_out, Some((Place::LogIn.path(), t.log_in_again))),
            Connection::WrongAccount => (t.wrong_account, Some((Place::Chats.path(), t.reload))),
        };
        Some(view! {
            <div class="notice">
                <Icon name="wifi-off" />
                <span>
                    {text} " "
                    {link
                        .map(|(path, label)| {
                            view! {
                                <a href=path target="_self">
                                    {label}
                                </a>
                            }
                        })}
                </span>
            </div>
        })
    });
    view! { <div role="status">{notice}</div> }.into_any()
}

/// Says why one cannot write here.
#[component]
pub fn WritingNotice(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let refusal = memo(move || {
        let command = CommandKind::Send {
            content: Content::Text {
                text: "x".to_owned(),
            },
            reply_to: None,
            mentions: Vec::new(),
            mention_all: false,
        };
        chat.refusal(id, &command, None)
    });
    live(move || {
        let code = refusal.get()?;
        let peer = chat.rows.with(id, |it| it.conversation.peer).flatten();
        let text = match code {
            Code::NotAContact => t.not_a_contact,
            Code::NotAMember => t.you_left,
            code => t.problem(code),
        };
        let link = peer.map(|peer| {
            let label = if code == Code::NotAContact {
                t.ask_contact
            } else {
                t.view_card
            };
            view! { <a href=Place::Card(peer).path()>{label}</a> }
        });
        Some(
            view! {
                <div class="notice">
                    <Icon name="circle-alert" />
                    <span>{text} " " {link}</span>
                </div>
            }
            .into_any(),
        )
    })
}
