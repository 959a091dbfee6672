//! What the rules look at, read for a whole batch.

use std::collections::{BTreeSet, HashMap};

use protocol::command::PayloadHash;
use protocol::conversation::{Member, State, TargetEvent};
use protocol::ids::ConversationKind;
use protocol::{ClientId, Code, ConversationId, Event, Kind, Millis, Seq, UserId};
use uuid::Uuid;

use super::super::StoreError;
use super::super::rows::{EventRow, Hex, events, ids, list, role, unsigned};
use super::Append;

/// What a batch of commands names.
#[derive(Debug, Default)]
pub struct Wanted {
    /// The commands' idempotency keys.
    pub keys: Vec<(ClientId, UserId)>,
    /// Their conversations.
    pub conversations: BTreeSet<ConversationId>,
    /// Senders and users named, by conversation. Of direct conversations both are read anyway.
    pub members: BTreeSet<(ConversationId, UserId)>,
    /// Events named.
    pub targets: BTreeSet<(ConversationId, Seq)>,
    /// Pairs of users whose being contacts matters. Those of direct conversations are read anyway.
    pub contacts: BTreeSet<(ConversationId, UserId, UserId)>,
}

/// What is known of a command under an idempotency key.
#[derive(Debug, Clone)]
pub struct Known {
    /// Tells whether it is the same command.
    pub payload_hash: PayloadHash,
    /// What became of it.
    pub result: Result<(ConversationId, Seq, Millis), Code>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Commands that came before.
    pub known: HashMap<(ClientId, UserId), Known>,
    /// Their events, as far as they are kept, and the events named.
    pub events: HashMap<(ConversationId, Seq), Event>,
    /// Every conversation wanted, also those that do not exist.
    pub states: HashMap<ConversationId, State>,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    client_id: Uuid,
    sender: Uuid,
    payload_hash: Vec<u8>,
    conversation: Uuid,
    seq: Option<i64>,
    at: Millis,
    refusal: Option<String>,
}

#[derive(sqlx::FromRow)]
struct ConversationRow {
    id: Uuid,
    name: Option<String>,
    announcement: String,
    mute_all: bool,
    owner: Option<Uuid>,
    member_count: i64,
    head_seq: i64,
    head_msg_no: i64,
    last_at: Millis,
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    conversation: Uuid,
    user_id: Uuid,
    role: String,
    nickname: String,
    muted_until: Millis,
}

impl Append {
    /// Reads what the commands name.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn load(&mut self, wanted: &Wanted) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded::default();
        self.load_keys(wanted, &mut loaded).await?;
        self.load_conversations(wanted, &mut loaded).await?;
        self.load_members(wanted, &mut loaded).await?;
        self.load_contacts(wanted, &mut loaded).await?;
        self.load_events(wanted, &mut loaded).await?;
        Ok(loaded)
    }

    async fn load_keys(&mut self, wanted: &Wanted, loaded: &mut Loaded) -> Result<(), StoreError> {
        let keys: Vec<_> = wanted
            .keys
            .iter()
            .map(|(client, sender)| (Hex(client.0), Hex(sender.0)))
            .collect();
        let rows: Vec<KeyRow> = sqlx::query_as(
            "SELECT k.client_id, k.sender, k.payload_hash, k.conversation, k.seq, k.at, k.refusal
             FROM json_each($1) j CROSS JOIN send_keys k
             WHERE k.client_id = unhex(j.value ->> 0) AND k.sender = unhex(j.value ->> 1)",
        )
        .bind(list(&keys))
        .fetch_all(&mut *self.0)
        .await?;
        for row in rows {
            let Ok(payload_hash) = row.payload_hash.try_into() else {
                continue;
            };
            let result = match row.seq {
                Some(seq) => Ok((ConversationId(row.conversation), unsigned(seq), row.at)),
                None => Err(Code::from_name(row.refusal.as_deref().unwrap_or_default())),
            };
            let key = (ClientId(row.client_id), UserId(row.sender));
            loaded.known.insert(
                key,
                Known {
                    payload_hash,
                    result,
                },
            );
        }
        Ok(())
    }

    async fn load_conversations(
        &mut self,
        wanted: &Wanted,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let rows: Vec<ConversationRow> = sqlx::query_as(
            "SELECT id, name, announcement, mute_all, owner, member_count, head_seq, head_msg_no,
                 last_at
             FROM conversations WHERE id IN (SELECT unhex(value) FROM json_each($1))",
        )
        .bind(ids(wanted.conversations.iter().map(|id| id.0)))
        .fetch_all(&mut *self.0)
        .await?;
        for id in &wanted.conversations {
            loaded.states.insert(*id, State::none(*id));
        }
        for row in rows {
            let id = ConversationId(row.id);
            loaded.states.insert(
                id,
                State {
                    exists: true,
                    name: row.name,
                    announcement: row.announcement,
                    mute_all: row.mute_all,
                    owner: row.owner.map(UserId),
                    head: unsigned(row.head_seq),
                    head_msg_no: unsigned(row.head_msg_no),
                    last_at: row.last_at,
                    member_count: usize::try_from(row.member_count).unwrap_or(0),
                    ..State::none(id)
                },
            );
        }
        Ok(())
    }

    async fn load_members(
        &mut self,
        wanted: &Wanted,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let direct = |id: &ConversationId| id.kind() == Some(ConversationKind::Direct);
        let named: Vec<_> = wanted
            .members
            .iter()
            .filter(|(conversation, _)| !direct(conversation))
            .map(|(conversation, user)| (Hex(conversation.0), Hex(user.0)))
            .collect();
        let whole = ids(wanted
            .conversations
            .iter()
            .filter(|id| direct(id))
            .map(|id| id.0));
        let rows: Vec<MemberRow> = sqlx::query_as(
            "SELECT m.conversation, m.user_id, m.role, m.nickname, m.muted_until
             FROM json_each($1) j CROSS JOIN members m
             WHERE m.conversation = unhex(j.value ->> 0) AND m.user_id = unhex(j.value ->> 1)
               AND m.left_seq IS NULL
             UNION ALL
             SELECT m.conversation, m.user_id, m.role, m.nickname, m.muted_until
             FROM json_each($2) j CROSS JOIN members m
             WHERE m.conversation = unhex(j.value) AND m.left_seq IS NULL",
        )
        .bind(list(&named))
        .bind(whole)
        .fetch_all(&mut *self.0)
        .await?;
        for row in rows {
            if let Some(state) = loaded.states.get_mut(&ConversationId(row.conversation)) {
                state.members.insert(
                    UserId(row.user_id),
                    Member {
                        role: role(&row.role),
                        nickname: row.nickname,
                        muted_until: row.muted_until,
                    },
                );
            }
        }
        Ok(())
    }

    async fn load_contacts(
        &mut self,
        wanted: &Wanted,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let mut pairs = wanted.contacts.clone();
        for (id, state) in &loaded.states {
            if id.kind() == Some(ConversationKind::Direct) {
                for one in state.members.keys() {
                    let others = state.members.keys().filter(|other| *other != one);
                    pairs.extend(others.map(|other| (*id, *one, *other)));
                }
            }
        }
        if pairs.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = pairs
            .iter()
            .map(|(_, owner, peer)| (Hex(owner.0), Hex(peer.0)))
            .collect();
        let rows: Vec<(Uuid, Uuid, bool)> = sqlx::query_as(
            "SELECT c.owner, c.peer, c.blocked FROM json_each($1) j CROSS JOIN contacts c
             WHERE c.owner = unhex(j.value ->> 0) AND c.peer = unhex(j.value ->> 1)",
        )
        .bind(list(&rows))
        .fetch_all(&mut *self.0)
        .await?;
        let found: HashMap<_, _> = rows
            .into_iter()
            .map(|(owner, peer, blocked)| ((UserId(owner), UserId(peer)), blocked))
            .collect();
        for (id, owner, peer) in pairs {
            let (Some(blocked), Some(state)) =
                (found.get(&(owner, peer)), loaded.states.get_mut(&id))
            else {
                continue;
            };
            state.contacts.push((owner, peer));
            if *blocked {
                state.blocked.push((owner, peer));
            }
        }
        Ok(())
    }

    /// Reads the events named, and those of commands that came before.
    async fn load_events(
        &mut self,
        wanted: &Wanted,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let mut places: BTreeSet<(ConversationId, Seq)> = wanted.targets.clone();
        for known in loaded.known.values() {
            if let Ok((conversation, seq, _)) = known.result {
                places.insert((conversation, seq));
            }
        }
        if places.is_empty() {
            return Ok(());
        }
        let places: Vec<_> = places.iter().map(|(id, seq)| (Hex(id.0), seq)).collect();
        let rows: Vec<EventRow> = sqlx::query_as(
            "SELECT e.* FROM json_each($1) j CROSS JOIN events e
             WHERE e.conversation = unhex(j.value ->> 0) AND e.seq = j.value ->> 1",
        )
        .bind(list(&places))
        .fetch_all(&mut *self.0)
        .await?;
        for event in events(rows)? {
            if let Some(state) = loaded.states.get_mut(&event.conversation) {
                state.targets.insert(event.seq, target(&event));
            }
            loaded.events.insert((event.conversation, event.seq), event);
        }
        Ok(())
    }
}

fn target(event: &Event) -> TargetEvent {
    TargetEvent {
        kind: Kind::clone(&event.kind),
        sender: event.sender,
        sent_at: event.sent_at,
    }
}
