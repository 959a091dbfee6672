//! What the rules look at, read for a whole batch.

use std::collections::{BTreeSet, HashMap};

use protocol::command::PayloadHash;
use protocol::conversation::{Member, State, TargetEvent};
use protocol::ids::ConversationKind;
use protocol::{ClientId, Code, ConversationId, Event, Kind, Millis, Seq, UserId};
use serde::Deserialize;
use uuid::Uuid;

use super::super::StoreError;
use super::super::rows::{EventRow, Hex, events, ids, list, role, unhex};
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
}

#[derive(Deserialize)]
struct MemberRow {
    conversation: Uuid,
    user: Uuid,
    role: String,
    nickname: String,
    muted_until: Millis,
}

#[derive(Deserialize)]
struct ContactRow {
    owner: Uuid,
    peer: Uuid,
    blocked: u8,
}

/// What every batch reads: $1 keys, $2 conversations, $3 members named, $4 direct conversations, $5
/// pairs of contacts. One row with a list for each, since every row is a message from the database's
/// thread to ours.
const LOAD: &str = "
    SELECT (
        SELECT json_group_array(json_array(lower(hex(k.client_id)), lower(hex(k.sender)),
            lower(hex(k.payload_hash)), lower(hex(k.conversation)), k.seq, k.at, k.refusal))
        FROM json_each($1) j CROSS JOIN send_keys k
        WHERE k.client_id = unhex(j.value ->> 0) AND k.sender = unhex(j.value ->> 1)
    ), (
        SELECT json_group_array(json_array(lower(hex(id)), name, announcement, mute_all,
            iif(owner IS NULL, NULL, lower(hex(owner))), member_count, head_seq, head_msg_no, last_at))
        FROM conversations WHERE id IN (SELECT unhex(value) FROM json_each($2))
    ), (
        SELECT json_group_array(json_array(lower(hex(conversation)), lower(hex(user_id)), role,
            nickname, muted_until))
        FROM (
            SELECT m.* FROM json_each($3) j CROSS JOIN members m
            WHERE m.conversation = unhex(j.value ->> 0) AND m.user_id = unhex(j.value ->> 1)
              AND m.left_seq IS NULL
            UNION ALL
            SELECT m.* FROM json_each($4) j CROSS JOIN members m
            WHERE m.conversation = unhex(j.value) AND m.left_seq IS NULL
        )
    ), (
        SELECT json_group_array(json_array(lower(hex(owner)), lower(hex(peer)), blocked))
        FROM (
            SELECT c.* FROM json_each($5) j CROSS JOIN contacts c
            WHERE c.owner = unhex(j.value ->> 0) AND c.peer = unhex(j.value ->> 1)
            UNION ALL
            SELECT c.* FROM json_each($4) j
                CROSS JOIN members a CROSS JOIN members b CROSS JOIN contacts c
            WHERE a.conversation = unhex(j.value) AND a.left_seq IS NULL
              AND b.conversation = a.conversation AND b.left_seq IS NULL AND b.user_id <> a.user_id
              AND c.owner = a.user_id AND c.peer = b.user_id
        )
    )";

impl Append {
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
        let keys = wanted.keys.iter();
        let keys: Vec<_> = keys
            .map(|(client, sender)| (Hex(client.0), Hex(sender.0)))
            .collect();
        let named = wanted.members.iter().filter(|(id, _)| !is_direct(id));
        let named: Vec<_> = named.map(|(id, user)| (Hex(id.0), Hex(user.0))).collect();
        let direct = wanted.conversations.iter().filter(|id| is_direct(id));
        let contacts = wanted.contacts.iter();
        let contacts: Vec<_> = contacts
            .map(|(_, owner, peer)| (Hex(owner.0), Hex(peer.0)))
            .collect();
        let (keys, conversations, members, contacts): (String, String, String, String) =
            sqlx::query_as(LOAD)
                .bind(list(&keys))
                .bind(ids(wanted.conversations.iter().map(|id| id.0)))
                .bind(list(&named))
                .bind(ids(direct.map(|id| id.0)))
                .bind(list(&contacts))
                .fetch_one(&mut *self.0)
                .await?;
        for row in unlisted(&keys)? {
            loaded.take_key(&row);
        }
        for id in &wanted.conversations {
            loaded.states.insert(*id, State::none(*id));
        }
        for row in unlisted(&conversations)? {
            loaded.take_conversation(row);
        }
        for row in unlisted(&members)? {
            loaded.take_member(row);
        }
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

/// Rows that SQLite made a list of.
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
    }

    fn take_member(&mut self, row: MemberRow) {
        if let Some(state) = self.states.get_mut(&ConversationId(row.conversation)) {
            let member = Member {
                role: role(&row.role),
                nickname: row.nickname,
                muted_until: row.muted_until,
            };
            state.members.insert(UserId(row.user), member);
        }
    }

    fn take_contacts(&mut self, wanted: &Wanted, rows: Vec<ContactRow>) {
        let mut pairs = wanted.contacts.clone();
        for (id, state) in &self.states {
            if id.kind() == Some(ConversationKind::Direct) {
                for one in state.members.keys() {
                    let others = state.members.keys().filter(|other| *other != one);
                    pairs.extend(others.map(|other| (*id, *one, *other)));
                }
            }
        }
        let rows = rows.into_iter();
        let blocked: HashMap<_, _> = rows
            .map(|row| ((UserId(row.owner), UserId(row.peer)), row.blocked != 0))
            .collect();
        for (id, owner, peer) in pairs {
            let (Some(blocked), Some(state)) =
                (blocked.get(&(owner, peer)), self.states.get_mut(&id))
            else {
                continue;
            };
            state.contacts.push((owner, peer));
            if *blocked {
                state.blocked.push((owner, peer));
            }
        }
    }
}

fn target(event: &Event) -> TargetEvent {
    TargetEvent {
        kind: Kind::clone(&event.kind),
        sender: event.sender,
        sent_at: event.sent_at,
    }
}
