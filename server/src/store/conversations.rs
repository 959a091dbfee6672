//! The list of conversations, one of them, and members.

use std::collections::{BTreeSet, HashMap};

use protocol::api::conversations::{Conversation, Conversations, Member, Members};
use protocol::ids::ConversationKind;
use protocol::{ConversationId, Event, Millis, Seq, UserId};
use uuid::Uuid;

use super::membership::{MineRow, mine, mine_columns};
use super::pool::{Work, among, on};
use super::profiles::profiles;
use super::rows::{EventRow, Ids, role, signed, unsigned};
use super::{Store, StoreError, on_pool};

#[derive(sqlx::FromRow)]
struct ConversationRow {
    id: Uuid,
    number: Option<i64>,
    kind: String,
    name: Option<String>,
    announcement: String,
    owner: Option<Uuid>,
    member_count: i64,
    mute_all: bool,
    last_at: Millis,
    first_kept: Option<i64>,
    #[sqlx(flatten)]
    mine: MineRow,
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    user_id: Uuid,
    role: String,
    nickname: String,
    muted_until: Millis,
}

impl Store {
    /// All conversations of a user, also those left, the last active first, with the profiles that
    /// the list needs.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn conversations(&self, user: UserId) -> Result<Conversations, StoreError> {
        let mut tx = self.reading().await?;
        let conversations = conversations(&mut tx, user, None).await?;
        let mut named: BTreeSet<UserId> = BTreeSet::new();
        for conversation in &conversations {
            named.extend(&conversation.first_members);
            named.extend(conversation.peer);
            named.extend(conversation.last.as_ref().map(|last| last.sender));
        }
        let users = profiles(&mut tx, named).await?;
        Ok(Conversations {
            conversations,
            users,
        })
    }

    /// One conversation; `None` to who was never a member.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn conversation(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        let mut tx = self.reading().await?;
        Ok(conversations(&mut tx, user, Some(conversation))
            .await?
            .pop())
    }

    /// The members with their profiles, to a present member; `None` to anybody else.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn members(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Members>, StoreError> {
        let mut tx = self.reading().await?;
        let row = mine(&mut tx, conversation, user).await?;
        let Some(row) = row.filter(MineRow::is_present) else {
            return Ok(None);
        };
        let rows: Vec<MemberRow> = on!(&mut tx, c => sqlx::query_as(
            "SELECT user_id, role, nickname, muted_until FROM members
             WHERE conversation = $1 AND left_seq IS NULL
             ORDER BY CASE role WHEN 'owner' THEN 0 WHEN 'administrator' THEN 1 ELSE 2 END,
                 joined_seq, user_id",
        )
        .bind(conversation.0)
        .fetch_all(c))?;
        let users = profiles(&mut tx, rows.iter().map(|row| UserId(row.user_id))).await?;
        let members = rows
            .into_iter()
            .map(|row| Member {
                user: UserId(row.user_id),
                role: role(&row.role),
                nickname: row.nickname,
                muted_until: row.muted_until,
            })
            .collect();
        Ok(Some(Members {
            seq: row.span().head,
            members,
            users,
        }))
    }

    /// The group of that number.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn group_by_number(&self, number: u64) -> Result<Option<ConversationId>, StoreError> {
        let row: Option<(Uuid,)> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT id FROM conversations WHERE number = $1",
        )
        .bind(signed(number))
        .fetch_optional(pool))?;
        Ok(row.map(|(id,)| ConversationId(id)))
    }
}

async fn conversations(
    work: &mut Work,
    user: UserId,
    only: Option<ConversationId>,
) -> Result<Vec<Conversation>, StoreError> {
    let rows: Vec<ConversationRow> = on!(work, c => sqlx::query_as(concat!(
        "SELECT c.id, c.number, c.kind, c.name, c.announcement, c.owner, c.member_count, c.mute_all,
             c.last_at,
             (SELECT MIN(e.seq) FROM events e WHERE e.conversation = m.conversation
                AND e.seq >= m.joined_seq AND e.seq > m.cleared_seq) AS first_kept, ",
        mine_columns!(),
        " FROM members m JOIN conversations c ON c.id = m.conversation
          WHERE m.user_id = $1 AND ($2 IS NULL OR m.conversation = $2)
          ORDER BY c.last_at DESC, c.id"
    ))
    .bind(user.0)
    .bind(only.map(|id| id.0))
    .fetch_all(c))?;
    let mut members = first_members(work, &rows).await?;
    let mut last = last_events(work, user, only).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let members = members.remove(&row.id).unwrap_or_default();
            let last = last.remove(&row.id);
            row.conversation(user, members, last)
        })
        .collect())
}

/// The first nine members of conversations without a name, as far as the reader is one of them; of
/// direct ones both.
async fn first_members(
    work: &mut Work,
    rows: &[ConversationRow],
) -> Result<HashMap<Uuid, Vec<UserId>>, StoreError> {
    let unnamed = rows
        .iter()
        .filter(|row| row.name.is_none() && row.mine.is_present())
        .map(|row| row.id);
    let unnamed: Ids = unnamed.collect();
    let sql = among!(
        work,
        "SELECT conversation, user_id FROM
             (SELECT conversation, user_id, row_number() OVER
                  (PARTITION BY conversation ORDER BY joined_seq, user_id) AS place
              FROM members WHERE left_seq IS NULL AND conversation ",
        "$1",
        ") AS placed
         WHERE place <= 9 ORDER BY conversation, place"
    );
    let rows: Vec<(Uuid, Uuid)> = on!(work, c => sqlx::query_as(sql).bind(unnamed).fetch_all(c))?;
    let mut members: HashMap<Uuid, Vec<UserId>> = HashMap::new();
    for (conversation, user) in rows {
        members.entry(conversation).or_default().push(UserId(user));
    }
    Ok(members)
}

/// The last event of each conversation that a list shows, among those that the reader may have and
/// that are still kept.
async fn last_events(
    work: &mut Work,
    user: UserId,
    only: Option<ConversationId>,
) -> Result<HashMap<Uuid, Event>, StoreError> {
    let rows: Vec<EventRow> = on!(work, c => sqlx::query_as(
        // Kinds that are no preview: see `Event::is_preview`.
        "SELECT e.* FROM members m JOIN conversations c ON c.id = m.conversation
         JOIN events e ON e.conversation = c.id AND e.seq =
             (SELECT last.seq FROM events last
              WHERE last.conversation = c.id AND last.seq >= m.joined_seq
                AND last.seq > m.cleared_seq AND last.seq <= COALESCE(m.left_seq, c.head_seq)
                AND last.kind NOT IN ('recall', 'nickname_set')
              ORDER BY last.seq DESC LIMIT 1)
         WHERE m.user_id = $1 AND ($2 IS NULL OR m.conversation = $2)",
    )
    .bind(user.0)
    .bind(only.map(|id| id.0))
    .fetch_all(c))?;
    let events = super::rows::events(rows)?;
    Ok(events
        .into_iter()
        .map(|event| (event.conversation.0, event))
        .collect())
}

impl ConversationRow {
    fn conversation(
        self,
        reader: UserId,
        members: Vec<UserId>,
        last: Option<Event>,
    ) -> Conversation {
        let span = self.mine.span();
        let floor: Seq = self
            .first_kept
            .map(unsigned)
            .filter(|first| *first <= span.head)
            .unwrap_or(span.head.max(span.start - 1) + 1);
        let direct = self.kind == "direct";
        let peer = members.iter().find(|user| **user != reader);
        Conversation {
            id: ConversationId(self.id),
            number: self.number.map(unsigned),
            kind: if direct {
                ConversationKind::Direct
            } else {
                ConversationKind::Group
            },
            name: self.name,
            announcement: self.announcement,
            owner: self.owner.filter(|_| !direct).map(UserId),
            peer: direct.then(|| peer.copied().unwrap_or(reader)),
            first_members: members,
            member_count: unsigned(self.member_count),
            mute_all: self.mute_all,
            head: span.head,
            head_msg_no: span.head_msg_no,
            floor,
            last_at: self.last_at,
            last,
            mine: self.mine.mine(),
        }
    }
}
