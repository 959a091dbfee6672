//! How rows become values of the contract.

use protocol::api::accounts::User;
use protocol::event::Role;
use protocol::{ClientId, ConversationId, Digest, Event, Kind, Millis, UserId};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo};
use sqlx::{Encode, Postgres, Sqlite, Type};
use uuid::Uuid;

/// A column as an unsigned number. What is stored is never negative.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A number as a column. What is counted never reaches the sign bit.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The columns of `events`, in this order wherever they are selected.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct EventRow {
    conversation: Uuid,
    seq: i64,
    at: Millis,
    sent_at: Millis,
    sender: Uuid,
    kind: String,
    msg_no: i64,
    client_id: Uuid,
    body: String,
    digest: i64,
}

impl TryFrom<EventRow> for Event {
    type Error = sqlx::Error;

    fn try_from(row: EventRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            conversation: ConversationId(row.conversation),
            seq: unsigned(row.seq),
            at: row.at,
            sent_at: row.sent_at,
            sender: UserId(row.sender),
            kind: Kind::from_name(&row.kind),
            msg_no: unsigned(row.msg_no),
            client_id: ClientId(row.client_id),
            body: RawValue::from_string(row.body)
                .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            digest: Digest(row.digest.cast_unsigned()),
        })
    }
}

/// Rows as events.
pub(super) fn events(rows: Vec<EventRow>) -> Result<Vec<Event>, sqlx::Error> {
    rows.into_iter().map(Event::try_from).collect()
}

/// The columns of `users` that others see.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct UserRow {
    id: Uuid,
    number: i64,
    handle: String,
    name: String,
    signature: String,
    version: Millis,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: UserId(row.id),
            number: unsigned(row.number),
            handle: row.handle,
            name: row.name,
            signature: row.signature,
            version: row.version,
        }
    }
}

pub(super) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Administrator => "administrator",
        Role::Owner => "owner",
    }
}

pub(super) fn role(name: &str) -> Role {
    match name {
        "owner" => Role::Owner,
        "administrator" => Role::Administrator,
        _ => Role::Member,
    }
}

/// A list of ids or rows as one parameter: SQLite takes it apart with `json_each`, Postgres with
/// `jsonb_array_elements`.
pub(super) fn list(rows: &impl Serialize) -> String {
    serde_json::to_string(rows).expect("rows hold numbers, strings and ids")
}

/// An id inside a [`list`]: 32 hex digits, which `unhex` turns into a blob.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hex(pub Uuid);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.simple().encode_lower(&mut Uuid::encode_buffer()))
    }
}

/// Ids as one parameter, for `among!`: to SQLite a [`list`], to Postgres an array.
#[derive(Debug, Clone)]
pub(super) struct Ids(Vec<Uuid>);

impl FromIterator<Uuid> for Ids {
    fn from_iter<T: IntoIterator<Item = Uuid>>(ids: T) -> Self {
        Self(ids.into_iter().collect())
    }
}

impl Type<Sqlite> for Ids {
    fn type_info() -> SqliteTypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Ids {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        <String as Encode<'_, Sqlite>>::encode(ids(self.0.iter().copied()), buffer)
    }
}

impl Type<Postgres> for Ids {
    fn type_info() -> PgTypeInfo {
        <Vec<Uuid> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Ids {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.0.encode_by_ref(buffer)
    }
}

/// Hashes as one parameter, as [`Ids`].
#[derive(Debug, Clone)]
pub(super) struct Hashes(pub Vec<[u8; 32]>);

impl Type<Sqlite> for Hashes {
    fn type_info() -> SqliteTypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Hashes {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        let hashes = list(&self.0.iter().map(|hash| hex(hash)).collect::<Vec<_>>());
        <String as Encode<'_, Sqlite>>::encode(hashes, buffer)
    }
}

impl Type<Postgres> for Hashes {
    fn type_info() -> PgTypeInfo {
        <Vec<Vec<u8>> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Hashes {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let hashes: Vec<Vec<u8>> = self.0.iter().map(|hash| hash.to_vec()).collect();
        hashes.encode_by_ref(buffer)
    }
}

/// Ids as a [`list`].
pub(super) fn ids(ids: impl IntoIterator<Item = Uuid>) -> String {
    list(&ids.into_iter().map(Hex).collect::<Vec<_>>())
}

/// Pairs of ids as a [`list`] of the digits of both, of which `substr` gives each: to SQLite an array
/// inside the list costs several times as much.
pub(super) fn pairs(pairs: impl IntoIterator<Item = (Uuid, Uuid)>) -> String {
    let digits = |(one, other): (Uuid, Uuid)| format!("{}{}", one.simple(), other.simple());
    list(&pairs.into_iter().map(digits).collect::<Vec<_>>())
}

/// Bytes inside a [`list`], as [`Hex`].
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes all that is written");
    }
    text
}

/// A hash out of its hex digits.
pub(super) fn unhex(digits: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if digits.len() != 2 * hash.len() {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(hash)
}
