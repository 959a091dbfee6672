//! The part of `/security` about accounts elsewhere.

use leptos::prelude::*;
use protocol::api::identities::{Identities, Identity, Provider};

use super::Says;
use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::components::icon::Icon;
use crate::components::section::Section;
use crate::state::use_chat;

/// What is linked, and what could be.
#[component]
pub fn IdentitiesPart(t: Says, identities: Identities) -> impl IntoView {
    let form = FormState::new("identities", "/security/identities");
    let linked = identities.identities.into_iter();
    let linked: Vec<_> = linked
        .map(|identity| view! { <Linked t identity /> })
        .collect();
    let linkable = identities.linkable.into_iter();
    let linkable: Vec<_> = linkable
        .map(|provider| view! { <Linkable t provider /> })
        .collect();
    let nothing = linked.is_empty() && linkable.is_empty();
    (!nothing).then(|| {
        view! {
            <Section title=t.identities>
                <p>{t.identities_text}</p>
                <Fault text=form.problem() />
                {linked}
                <div class="actions">{linkable}</div>
            </Section>
        }
    })
}

/// An account elsewhere, and the way to be rid of it.
#[component]
fn Linked(t: Says, identity: Identity) -> impl IntoView {
    let clock = use_chat().clock();
    let action = ["/security/identities/", &identity.provider, "/unlink"].concat();
    let unlink = [t.unlink, " ", &identity.label].concat();
    view! {
        <article class="device" aria-label=identity.label.clone()>
            <h3>
                {identity.label.clone()}
                <span class="tag">
                    <bdi>{identity.name}</bdi>
                </span>
            </h3>
            <dl class="facts">
                <dt>{t.linked_since}</dt>
                <dd>{clock.long(identity.linked_at)}</dd>
            </dl>
            <form method="post" action=action>
                <HiddenFields />
                <button class="button plain danger" aria-label=unlink>
                    {t.unlink}
                </button>
            </form>
        </article>
    }
}

/// A provider, whose pages the form leads to.
#[component]
fn Linkable(t: Says, provider: Provider) -> impl IntoView {
    view! {
        <form method="post" action=["/login/", &provider.name].concat()>
            <HiddenFields />
            <button class="button plain">
                {provider.icon.map(|icon| view! { <Icon name=icon.name() /> })}
                {t.link} " " {provider.label}
            </button>
        </form>
    }
}
