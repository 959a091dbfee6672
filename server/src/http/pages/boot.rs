//! What a page's first render may depend on.

use std::collections::BTreeSet;

use protocol::api::accounts::User;
use protocol::api::events::{Page, PageQuery};
use protocol::api::identities::Provider;
use protocol::api::pages::{Boot, Language, PageData};
use protocol::ids::ConversationKind;
use protocol::{Body, ClientId, ConversationId, Seq, UserId};

use super::visitor::Visitor;
use crate::app_state::AppState;
use crate::http::problem::Failure;
use crate::store::UserKey;

/// How many events an opened conversation shows at first.
const SHOWN_EVENTS: usize = 60;

/// What a page shows.
#[derive(Debug, Clone)]
pub enum Shown {
    /// No data: nobody is logged in.
    Nothing,
    /// The lists that stand beside every page.
    Lists,
    /// Them, and a conversation, with its newest events or those before a seq.
    Chat(ConversationId, Option<Seq>),
    /// Them, and somebody's card.
    Card(UserId),
    /// Them, and who goes by exactly that handle or number; nobody is looked for by nothing.
    Find(String),
}

/// Gathers it. The flag tells whether what is to be shown exists for this visitor.
///
/// # Errors
/// The database's.
pub async fn boot(
    app: &AppState,
    visitor: &Visitor,
    shown: &Shown,
) -> Result<(bool, Boot), Failure> {
    let now = app.clock.now();
    let mut boot = Boot {
        now,
        history_id: app.store.history_id(),
        retention_days: app.config.retention.days,
        limits: app.limits().clone(),
        version: app.site.version().to_owned(),
        display: visitor.display.clone(),
        form_token: visitor.form_token(),
        client_id: ClientId::new(now, app.random.bytes()),
        me: None,
        gone: visitor.gone,
        offers_notifications: app.push.is_set_up() && !visitor.was_offered_notifications,
        data: PageData {
            providers: ways_in(app, visitor.display.language),
            ..PageData::default()
        },
        form: None,
    };
    let mut found = true;
    if let (Some(user), false) = (&visitor.user, matches!(shown, Shown::Nothing)) {
        boot.me = app.store.me(user.id).await?;
        let list = app.store.conversations(user.id).await?;
        boot.data.conversations = list.conversations;
        boot.data.users = list.users;
        boot.data.contacts = app.store.contacts(user.id).await?;
        boot.data.requests = app.accounts.requests(user.id).await?;
        found = add(app, user.id, shown, &mut boot.data).await?;
        add_profiles(app, &mut boot.data).await?;
    }
    Ok((found, boot))
}

/// Whose accounts one may log in with. A QR code is one more way, to which a link leads as to those.
fn ways_in(app: &AppState, language: Language) -> Vec<Provider> {
    let by_qr = Provider {
        name: "qr".to_owned(),
        label: app::locales::still_messages(language).qr_log_in.to_owned(),
        icon: None,
    };
    let mut ways = app.accounts.providers();
    ways.push(by_qr);
    ways
}

async fn add(
    app: &AppState,
    user: UserId,
    shown: &Shown,
    data: &mut PageData,
) -> Result<bool, Failure> {
    match shown {
        Shown::Nothing | Shown::Lists => Ok(true),
        Shown::Chat(conversation, before) => {
            let query = PageQuery {
                before: *before,
                limit: Some(SHOWN_EVENTS),
                ..PageQuery::default()
            };
            data.page = app.store.page(user, *conversation, query).await?;
            if conversation.kind() == Some(ConversationKind::Group)
                && let Some(members) = app.store.members(user, *conversation).await?
            {
                data.users.extend(members.users.iter().cloned());
                data.members = Some((*conversation, members));
            }
            Ok(data.page.is_some())
        }
        Shown::Card(user) => {
            let found = app.store.find_user(UserKey::Id(*user)).await?;
            data.card = found.as_ref().map(|user| user.id);
            let exists = found.is_some();
            data.users.extend(found);
            Ok(exists)
        }
        Shown::Find(text) => {
            let text = text.trim();
            if !text.is_empty() {
                let key = text
                    .parse()
                    .map_or_else(|_| UserKey::Handle(text), UserKey::Number);
                let found = app.store.find_user(key).await?;
                data.users.extend(found.iter().cloned());
                data.found = Some(found);
            }
            Ok(true)
        }
    }
}

/// Adds the profiles of those whom the page's events name, and takes out repeats.
async fn add_profiles(app: &AppState, data: &mut PageData) -> Result<(), Failure> {
    let known: BTreeSet<UserId> = data.users.iter().map(|user| user.id).collect();
    let named: BTreeSet<UserId> = data.page.iter().flat_map(named_in).collect();
    let missing: Vec<UserId> = named.difference(&known).copied().collect();
    if !missing.is_empty() {
        data.users.extend(app.store.profiles(&missing).await?);
    }
    data.users.sort_by_key(|user: &User| user.id);
    data.users.dedup_by_key(|user| user.id);
    Ok(())
}

fn named_in(page: &Page) -> Vec<UserId> {
    let mut named = Vec::new();
    for event in &page.events {
        named.push(event.sender);
        match event.body() {
            Body::Created(created) => named.extend(created.members),
            Body::Message(message) => named.extend(message.mentions),
            Body::Invited(users) | Body::Removed(users) | Body::Left(users) => {
                named.extend(users.users);
            }
            Body::RoleSet(set) => named.push(set.user),
            Body::Transferred(to) => named.push(to.user),
            Body::MemberMuted(muted) => named.push(muted.user),
            Body::NicknameSet(set) => named.push(set.user),
            Body::Recalled
            | Body::Recall(_)
            | Body::Renamed(_)
            | Body::Announced(_)
            | Body::AllMuted(_)
            | Body::Unknown => {}
        }
    }
    named
}
