//! Names of things: ids, positions in a log, times and digests.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A position in a conversation's log: 1, 2, 3 … without gaps. 0 stands before the first event.
pub type Seq = u64;

/// Unix time in milliseconds.
pub type Millis = i64;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A UUIDv7 of the given time and randomness.
            pub fn new(now: Millis, random: [u8; 10]) -> Self {
                Self(v7(now, random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// An account.
    UserId
);
id!(
    /// A conversation. A group's is a UUIDv7 that its creator made; a direct conversation's is a
    /// UUIDv8 derived from its two users, so that nobody can take another pair's id.
    ConversationId
);
id!(
    /// The idempotency key of a command: a UUIDv7 in the server's time, made once and repeated on
    /// every retry.
    ClientId
);
id!(
    /// One open stream of events.
    StreamId
);
id!(
    /// A request to become contacts.
    RequestId
);
id!(
    /// The identity of a server's history. It changes when a backup is restored, and browsers then
    /// check all they hold.
    HistoryId
);

fn v7(now: Millis, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(now).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// The two kinds of conversation, told apart by the version of their id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// Between two users, or a user and themselves.
    Direct,
    /// Of any number of members.
    Group,
}

impl ConversationId {
    /// The conversation between two users, whichever of them asks; of a user and themselves when
    /// both are the same.
    pub fn direct(one: UserId, other: UserId) -> Self {
        let (first, second) = if one <= other {
            (one, other)
        } else {
            (other, one)
        };
        let hash = Sha256::new()
            .chain_update(b"zspchat direct conversation v1")
            .chain_update(first.0.as_bytes())
            .chain_update(second.0.as_bytes())
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// `None` where the id is of neither kind.
    pub fn kind(self) -> Option<ConversationKind> {
        match self.0.get_version_num() {
            7 => Some(ConversationKind::Group),
            8 => Some(ConversationKind::Direct),
            _ => None,
        }
    }

    /// Which of `shards` queues carries this conversation's commands.
    pub fn shard(self, shards: u32) -> u32 {
        u32::try_from(self.0.as_u128() % u128::from(shards.max(1))).unwrap_or(0)
    }
}

impl ClientId {
    /// When the id was made, by its own account. `None` if it is not a UUIDv7.
    pub fn made_at(self) -> Option<Millis> {
        if self.0.get_version_num() != 7 {
            return None;
        }
        Millis::try_from(self.0.as_u128() >> 80).ok()
    }
}

/// The first eight bytes of a SHA-256, written as 16 hex digits.
///
/// The digest of a set of events is the XOR of theirs, so that it can be kept up to date one event
/// at a time and does not depend on order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "9f86d081884c7d65"))]
pub struct Digest(pub u64);

impl std::ops::BitXor for Digest {
    type Output = Self;
    fn bitxor(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }
}

impl std::ops::BitXorAssign for Digest {
    fn bitxor_assign(&mut self, other: Self) {
        self.0 ^= other.0;
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // A number may have a sign, a digest may not.
        if text.len() != 16 || text.starts_with('+') {
            return Err(de::Error::custom("a digest has 16 hex digits"));
        }
        u64::from_str_radix(&text, 16)
            .map(Self)
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u8) -> UserId {
        UserId::new(i64::from(n), [n; 10])
    }

    #[test]
    fn a_direct_conversation_is_the_same_from_both_sides() {
        let id = ConversationId::direct(user(1), user(2));
        assert_eq!(id, ConversationId::direct(user(2), user(1)));
        assert_ne!(id, ConversationId::direct(user(1), user(3)));
        assert_eq!(id.kind(), Some(ConversationKind::Direct));
        assert_eq!(
            ConversationId::direct(user(1), user(1)).kind(),
            Some(ConversationKind::Direct)
        );
    }

    #[test]
    fn a_client_id_tells_its_time() {
        let id = ClientId::new(1_795_437_591_960, [9; 10]);
        assert_eq!(id.made_at(), Some(1_795_437_591_960));
        assert_eq!(
            ClientId(uuid::Builder::from_custom_bytes([1; 16]).into_uuid()).made_at(),
            None
        );
    }

    #[test]
    fn a_digest_is_sixteen_hex_digits() {
        let digest = Digest(0xab);
        assert_eq!(
            serde_json::to_string(&digest).unwrap(),
            r#""00000000000000ab""#
        );
        assert_eq!(
            serde_json::from_str::<Digest>(r#""00000000000000ab""#).unwrap(),
            digest
        );
        assert!(serde_json::from_str::<Digest>(r#""ab""#).is_err());
        assert!(serde_json::from_str::<Digest>(r#""+0000000000000ab""#).is_err());
    }
}
