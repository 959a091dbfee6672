//! What the rules look at, read for a whole batch.

use std::collections::{BTreeSet, HashMap};

use protocol::command::PayloadHash;
use protocol::conversation::{Member, State, TargetEvent};
use protocol::ids::ConversationKind;
use protocol::{ClientId, Code, ConversationId, Event, Kind, Millis, Seq, UserId};
use serde::Deserialize;
use uuid::Uuid;

use super::super::StoreError;
use super::super::pool::in_time;
use super::super::rows::{EventRow, Hex, events, ids, list, pairs, role, signed, unhex};
use super::sql::{LOAD_POSTGRES, LOAD_SQLITE};
use super::{Append, Connection};

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
    /// Of those that exist, what changes with all that the rules look at, but not with the log.
    pub versions: HashMap<ConversationId, Millis>,
}

#[derive(Deserialize)]
struct KeyRow {
    client_id: Uuid,
    sender: Uuid,
    payload_hash: String,
    conversation: Uuid,
    seq: Option<Seq>,
    at: Millis,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct ConversationRow {
    id: Uuid,
    name: Option<String>,
    announcement: String,
    mute_all: u8,
    owner: Option<Uuid>,
    member_count: usize,
    head_seq: Seq,
    head_msg_no: u64,
    last_at: Millis,
    updated_at: Millis,
}

#[derive(Deserialize)]
struct MemberRow {
    conversation: Uuid,
    user: Uuid,
    role: String,
    nickname: String,
    muted_until: Millis,
    /// Of a direct conversation: whether they block the other, if that is a contact of theirs.
    blocks: Option<u8>,
}

#[derive(Deserialize)]
struct ContactRow {
    owner: Uuid,
    peer: Uuid,
    blocked: u8,
}

impl Append<'_> {
    /// Reads what the commands name.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn load(&mut self, wanted: &Wanted) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded::default();
        self.load_states(wanted, &mut loaded).await?;
        self.load_events(wanted, &mut loaded).await?;
        Ok(loaded)
    }

    async fn load_states(
        &mut self,
        wanted: &Wanted,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let is_direct = |id: &ConversationId| id.kind() == Some(ConversationKind::Direct);
        let direct = wanted.conversations.iter().filter(|id| is_direct(id));
        let keys = wanted
            .keys
            .iter()
            .map(|(client, sender)| (client.0, sender.0));
        let conversations = wanted.conversations.iter().map(|id| id.0);
        let named = wanted.members.iter().filter(|(id, _)| !is_direct(id));
        let named = named.map(|(id, user)| (id.0, user.0));
        let direct = direct.map(|id| id.0);
        let contacts = wanted.contacts.iter();
        let contacts = contacts.map(|(_, owner, peer)| (owner.0, peer.0));
        let (keys, conversations, members, contacts): (String, String, String, String) =
            match &mut self.connection {
                Connection::Sqlite(connection) => {
                    sqlx::query_as(LOAD_SQLITE)
                        .bind(pairs(keys))
                        .bind(ids(conversations))
                        .bind(pairs(named))
                        .bind(ids(direct))
                        .bind(pairs(contacts))
                        .fetch_one(&mut **connection)
                        .await?
                }
                Connection::Postgres(own) => {
                    let (clients, senders): (Vec<Uuid>, Vec<Uuid>) = keys.unzip();
                    let (named_in, named): (Vec<Uuid>, Vec<Uuid>) = named.unzip();
                    let (owners, peers): (Vec<Uuid>, Vec<Uuid>) = contacts.unzip();
                    let loaded = sqlx::query_as(LOAD_POSTGRES)
                        .bind(clients)
                        .bind(senders)
                        .bind(conversations.collect::<Vec<_>>())
                        .bind(named_in)
                        .bind(named)
                        .bind(direct.collect::<Vec<_>>())
                        .bind(owners)
                        .bind(peers)
                        .fetch_one(&mut own.connection);
                    in_time(loaded).await?
                }
            };
        for row in unlisted(&keys)? {
            loaded.take_key(&row);
        }
        for id in &wanted.conversations {
            loaded.states.insert(*id, State::none(*id));
        }
        for row in unlisted(&conversations)? {
            loaded.take_conversation(row);
        }
        loaded.take_members(unlisted(&members)?);
        loaded.take_contacts(wanted, unlisted(&contacts)?);
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
        let rows: Vec<EventRow> = match &mut self.connection {
            Connection::Sqlite(connection) => {
                let places: Vec<_> = places.iter().map(|(id, seq)| (Hex(id.0), seq)).collect();
                sqlx::query_as(
                    "SELECT e.* FROM json_each($1) j CROSS JOIN events e
                     WHERE e.conversation = unhex(j.value ->> 0) AND e.seq = j.value ->> 1",
                )
                .bind(list(&places))
                .fetch_all(&mut **connection)
                .await?
            }
            Connection::Postgres(own) => {
                let places = places.iter().map(|(id, seq)| (id.0, signed(*seq)));
                let (ids, seqs): (Vec<Uuid>, Vec<i64>) = places.unzip();
                let rows = sqlx::query_as(
                    "SELECT e.* FROM unnest($1::uuid[], $2::int8[]) AS j(id, seq)
                     JOIN events e ON e.conversation = j.id AND e.seq = j.seq",
                )
                .bind(ids)
                .bind(seqs)
                .fetch_all(&mut own.connection);
                in_time(rows).await?
            }
        };
        for event in events(rows)? {
            if let Some(state) = loaded.states.get_mut(&event.conversation) {
                state.targets.insert(event.seq, target(&event));
            }
            loaded.events.insert((event.conversation, event.seq), event);
        }
        Ok(())
    }
}

/// Rows that the database made a list of.
fn unlisted<T: for<'de> Deserialize<'de>>(list: &str) -> Result<Vec<T>, sqlx::Error> {
    serde_json::from_str(list).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

impl Loaded {
    fn take_key(&mut self, row: &KeyRow) {
        let Some(payload_hash) = unhex(&row.payload_hash) else {
            return;
        };
        let result = match row.seq {
            Some(seq) => Ok((ConversationId(row.conversation), seq, row.at)),
            None => Err(Code::from_name(row.refusal.as_deref().unwrap_or_default())),
        };
        let known = Known {
            payload_hash,
            result,
        };
        self.known
            .insert((ClientId(row.client_id), UserId(row.sender)), known);
    }

    fn take_conversation(&mut self, row: ConversationRow) {
        let id = ConversationId(row.id);
        let state = State {
            exists: true,
            name: row.name,
            announcement: row.announcement,
            mute_all: row.mute_all != 0,
            owner: row.owner.map(UserId),
            head: row.head_seq,
            head_msg_no: row.head_msg_no,
            last_at: row.last_at,
            member_count: row.member_count,
            ..State::none(id)
        };
        self.states.insert(id, state);
        self.versions.insert(id, row.updated_at);
    }

    fn take_members(&mut self, rows: Vec<MemberRow>) {
        let mut blocking = Vec::new();
        for row in rows {
            let (id, user) = (ConversationId(row.conversation), UserId(row.user));
            if let Some(blocks) = row.blocks {
                blocking.push((id, user, blocks != 0));
            }
            if let Some(state) = self.states.get_mut(&id) {
                let member = Member {
                    role: role(&row.role),
                    nickname: row.nickname,
                    muted_until: row.muted_until,
                };
                state.members.insert(user, member);
            }
        }
        for (id, user, blocks) in blocking {
            if let Some(state) = self.states.get_mut(&id) {
                let other = state.members.keys().find(|other| **other != user).copied();
                if let Some(other) = other {
                    know(state, user, other, blocks);
                }
            }
        }
    }

    fn take_contacts(&mut self, wanted: &Wanted, rows: Vec<ContactRow>) {
        let rows = rows.into_iter();
        let blocks: HashMap<_, _> = rows
            .map(|row| ((UserId(row.owner), UserId(row.peer)), row.blocked != 0))
            .collect();
        for (id, owner, peer) in &wanted.contacts {
            if let (Some(blocks), Some(state)) =
                (blocks.get(&(*owner, *peer)), self.states.get_mut(id))
            {
                know(state, *owner, *peer, *blocks);
            }
        }
    }
}

/// Somebody is a contact of somebody, who may block them.
fn know(state: &mut State, owner: UserId, peer: UserId, blocks: bool) {
    state.contacts.push((owner, peer));
    if blocks {
        state.blocked.push((owner, peer));
    }
}

fn target(event: &Event) -> TargetEvent {
    TargetEvent {
        kind: Kind::clone(&event.kind),
        sender: event.sender,
        sent_at: event.sent_at,
    }
}
