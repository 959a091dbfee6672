//! A message's text, with what is found in it. Everything is a text node: nothing is ever parsed.

use leptos::prelude::*;
use protocol::event::{Content, Message};
use protocol::{ConversationId, UserId};

use crate::state::text::{Piece, pieces};
use crate::state::{Chat, use_chat};

/// A message's content in its bubble.
#[component]
pub fn Bubble(conversation: ConversationId, message: Message) -> impl IntoView {
    let chat = use_chat();
    let Content::Text { text } = &message.content else {
        return view! { <div class="bubble unknown">{chat.t().unknown_content}</div> }.into_any();
    };
    let called = untrack(|| called(chat, conversation, &message));
    let parts: Vec<AnyView> = pieces(text, &called).into_iter().map(piece_view).collect();
    view! {
        <div class="bubble" dir="auto">
            {parts}
        </div>
    }
    .into_any()
}

fn piece_view(piece: Piece) -> AnyView {
    match piece {
        Piece::Text(text) => text.to_owned().into_any(),
        Piece::Mention(name) => view! { <span class="mention">{name.to_owned()}</span> }.into_any(),
        Piece::Link(address) => view! {
            <a href=address.to_owned() target="_blank" rel="noopener noreferrer nofollow">
                {address.to_owned()}
            </a>
        }
        .into_any(),
        Piece::Code(code) => view! {
            <code dir="ltr" tabindex="0">
                {code.to_owned()}
            </code>
        }
        .into_any(),
    }
}

/// The names after `@` that call somebody in this message, by whatever name they go.
fn called(chat: Chat, conversation: ConversationId, message: &Message) -> Vec<String> {
    let mut names = Vec::new();
    if message.mention_all {
        for language in [
            protocol::api::pages::Language::Chinese,
            protocol::api::pages::Language::English,
        ] {
            names.push(crate::locales::messages(language).everybody.to_owned());
        }
    }
    for user in &message.mentions {
        names.extend(names_of(chat, conversation, *user));
    }
    names
}

fn names_of(chat: Chat, conversation: ConversationId, user: UserId) -> Vec<String> {
    let profile = chat
        .people
        .users
        .with(|users| users.get(&user).map(|user| user.name.clone()));
    let nickname = chat.people.nickname(conversation, user);
    profile.into_iter().chain(nickname).collect()
}
