//! What the rules look at, read for a whole batch.

use std::collections::{BTreeSet, HashMap};

use protocol::command::PayloadHash;
use protocol::conversation::{Member, State, TargetEvent};
use protocol::ids::ConversationKind;
use protocol::{ClientId, Code, ConversationId, Event, Kind, Millis, Seq, UserId};
use sqlx::{FromRow, Row};
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

#[derive(sqlx::FromRow)]
struct ContactRow {
    owner: Uuid,
    peer: Uuid,
    blocked: bool,
}

/// All that is read, in one trip to the database: $1 keys, $2 conversations, $3 members named, $4
/// direct conversations, $5 pairs of contacts, $6 events named. Each row says which part it is of.
const LOAD: &str = "
    SELECT 1 AS part, k.client_id, k.sender, k.payload_hash, k.conversation, k.seq, k.at, k.refusal
    FROM json_each($1) j CROSS JOIN send_keys k
    WHERE k.client_id = unhex(j.value ->> 0) AND k.sender = unhex(j.value ->> 1);

    SELECT 2 AS part, id, name, announcement, mute_all, owner, member_count, head_seq, head_msg_no,
        last_at
    FROM conversations WHERE id IN (SELECT unhex(value) FROM json_each($2));

    SELECT 3 AS part, m.conversation, m.user_id, m.role, m.nickname, m.muted_until
    FROM json_each($3) j CROSS JOIN members m
    WHERE m.conversation = unhex(j.value ->> 0) AND m.user_id = unhex(j.value ->> 1)
      AND m.left_seq IS NULL
    UNION ALL
    SELECT 3, m.conversation, m.user_id, m.role, m.nickname, m.muted_until
    FROM json_each($4) j CROSS JOIN members m
    WHERE m.conversation = unhex(j.value) AND m.left_seq IS NULL;

    SELECT 4 AS part, c.owner, c.peer, c.blocked
    FROM json_each($5) j CROSS JOIN contacts c
    WHERE c.owner = unhex(j.value ->> 0) AND c.peer = unhex(j.value ->> 1)
    UNION ALL
    SELECT 4, c.owner, c.peer, c.blocked
    FROM json_each($4) j CROSS JOIN members a CROSS JOIN members b CROSS JOIN contacts c
    WHERE a.conversation = unhex(j.value) AND a.left_seq IS NULL
      AND b.conversation = a.conversation AND b.left_seq IS NULL AND b.user_id <> a.user_id
      AND c.owner = a.user_id AND c.peer = b.user_id;

    SELECT 5 AS part, e.* FROM json_each($6) j CROSS JOIN events e
    WHERE e.conversation = unhex(j.value ->> 0) AND e.seq = j.value ->> 1
    UNION ALL
    SELECT 5, e.* FROM json_each($1) j CROSS JOIN send_keys k CROSS JOIN events e
    WHERE k.client_id = unhex(j.value ->> 0) AND k.sender = unhex(j.value ->> 1)
      AND e.conversation = k.conversation AND e.seq = k.seq";

/// What was read, part by part.
#[derive(Default)]
struct Parts {
    keys: Vec<KeyRow>,
    conversations: Vec<ConversationRow>,
    members: Vec<MemberRow>,
    contacts: Vec<ContactRow>,
    events: Vec<EventRow>,
}

impl Append {
    /// Reads what the commands name.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn load(&mut self, wanted: &Wanted) -> Result<Loaded, StoreError> {
        let parts = self.read(wanted).await?;
        let mut loaded = Loaded::default();
        for row in parts.keys {
            loaded.take_key(row);
        }
        for id in &wanted.conversations {
            loaded.states.insert(*id, State::none(*id));
        }
        for row in parts.conversations {
            loaded.take_conversation(row);
        }
        for row in parts.members {
            loaded.take_member(row);
        }
        loaded.take_contacts(wanted, parts.contacts);
        for event in events(parts.events)? {
            loaded.take_event(event);
        }
        Ok(loaded)
    }

    async fn read(&mut self, wanted: &Wanted) -> Result<Parts, StoreError> {
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
        let targets = wanted.targets.iter();
        let targets: Vec<_> = targets.map(|(id, seq)| (Hex(id.0), seq)).collect();
        let rows = sqlx::query(LOAD)
            .bind(list(&keys))
            .bind(ids(wanted.conversations.iter().map(|id| id.0)))
            .bind(list(&named))
            .bind(ids(direct.map(|id| id.0)))
            .bind(list(&contacts))
            .bind(list(&targets))
            .fetch_all(&mut *self.0)
            .await?;
        let mut parts = Parts::default();
        for row in rows {
            match row.try_get::<i64, _>(0)? {
                1 => parts.keys.push(KeyRow::from_row(&row)?),
                2 => parts.conversations.push(ConversationRow::from_row(&row)?),
                3 => parts.members.push(MemberRow::from_row(&row)?),
                4 => parts.contacts.push(ContactRow::from_row(&row)?),
                _ => parts.events.push(EventRow::from_row(&row)?),
            }
        }
        Ok(parts)
    }
}

impl Loaded {
    fn take_key(&mut self, row: KeyRow) {
        let Ok(payload_hash) = row.payload_hash.try_into() else {
            return;
        };
        let result = match row.seq {
            Some(seq) => Ok((ConversationId(row.conversation), unsigned(seq), row.at)),
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
            mute_all: row.mute_all,
            owner: row.owner.map(UserId),
            head: unsigned(row.head_seq),
            head_msg_no: unsigned(row.head_msg_no),
            last_at: row.last_at,
            member_count: usize::try_from(row.member_count).unwrap_or(0),
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
            state.members.insert(UserId(row.user_id), member);
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
            .map(|row| ((UserId(row.owner), UserId(row.peer)), row.blocked))
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

    fn take_event(&mut self, event: Event) {
        if let Some(state) = self.states.get_mut(&event.conversation) {
            state.targets.insert(event.seq, target(&event));
        }
        self.events.insert((event.conversation, event.seq), event);
    }
}

fn target(event: &Event) -> TargetEvent {
    TargetEvent {
        kind: Kind::clone(&event.kind),
        sender: event.sender,
        sent_at: event.sent_at,
    }
}
