//! What is to be told, and was.

use protocol::api::push::Quiet;
use protocol::ids::ConversationKind;
use protocol::{ConversationId, Millis, Seq, UserId};
use uuid::Uuid;

use super::super::pool::Pool;
use super::super::rows::{Hex, ids, list, signed, unsigned};
use super::super::{Store, StoreError, on_pool, run_on};
use super::settings::quiet;
use super::{OfflineJob, over_list};

/// Most that wait for one browser whose push service does not take them.
const MOST_WAITING: i64 = 100;

/// Most rows of one statement.
const ROWS: usize = 1_000;

/// A notification: of an event, to a browser. There is one at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NotificationKey {
    /// Of which event.
    pub job: OfflineJob,
    /// To which subscription.
    pub subscription: Uuid,
}

/// A notification that it is time for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub key: NotificationKey,
    /// When its event was stored.
    pub at: Millis,
    /// How often it was tried, this attempt among them.
    pub attempts: u32,
}

/// All that is to be known to tell a browser of an event.
#[derive(Debug, Clone)]
pub struct Addressed {
    /// Which notification.
    pub key: NotificationKey,
    /// Whose browser it is.
    pub user: UserId,
    /// Where its push service takes what is for it.
    pub endpoint: String,
    /// Its public key.
    pub p256dh: Vec<u8>,
    /// The secret that belongs to that.
    pub auth: Vec<u8>,
    /// Its language, as a tag.
    pub language: String,
    /// Whether it may hold what was said.
    pub with_text: bool,
    /// Whether nothing is wanted but what calls the user.
    pub mentions_only: bool,
    /// When nothing is wanted.
    pub quiet: Option<Quiet>,
    /// Whether the user has read or cleared it, has gone, or has blocked the sender.
    pub done_with: bool,
    /// Where their time as a member begins.
    pub joined_seq: Seq,
    /// Whether they have silenced the conversation.
    pub silenced: bool,
    /// How many messages they have not read there.
    pub unread: u64,
    /// What kind of conversation it is.
    pub kind: ConversationKind,
    /// The group's name, if it has one.
    pub name: Option<String>,
    /// What the user calls the sender there.
    pub sender_name: String,
}

#[derive(sqlx::FromRow)]
struct DueRow {
    conversation: Uuid,
    seq: i64,
    subscription: Uuid,
    at: Millis,
    attempts: i64,
}

#[derive(sqlx::FromRow)]
struct AddressedRow {
    conversation: Uuid,
    seq: i64,
    subscription: Uuid,
    user_id: Uuid,
    endpoint: String,
    p256dh: Vec<u8>,
    auth: Vec<u8>,
    language: String,
    with_text: Option<bool>,
    mentions_only: Option<bool>,
    quiet_from: Option<i64>,
    quiet_to: Option<i64>,
    time_zone: Option<String>,
    joined_seq: i64,
    left_seq: Option<i64>,
    read_seq: i64,
    read_msg_no: i64,
    cleared_seq: i64,
    silenced: bool,
    kind: String,
    name: Option<String>,
    head_msg_no: i64,
    sender_name: String,
    nickname: Option<String>,
    remark: Option<String>,
    blocked: Option<bool>,
}

impl Store {
    /// Notes that browsers are to be told of events, at once; those that were noted before stay as
    /// they are.
    ///
    /// # Errors
    /// The database cannot serve; some may have been noted.
    pub async fn keep_notifications(
        &self,
        notifications: &[(NotificationKey, Millis)],
        now: Millis,
    ) -> Result<(), StoreError> {
        let sql = match self.write() {
            Pool::Sqlite(_) => {
                "INSERT INTO push_notifications (conversation, seq, subscription, at, next_at)
                 SELECT unhex(j.value ->> 0), j.value ->> 1, p.id, j.value ->> 3, $2
                 FROM json_each($1) j JOIN push_subscriptions p ON p.id = unhex(j.value ->> 2)
                 WHERE true ON CONFLICT DO NOTHING"
            }
            Pool::Postgres(_) => {
                "INSERT INTO push_notifications (conversation, seq, subscription, at, next_at)
                 SELECT (j.value ->> 0)::uuid, (j.value ->> 1)::int8, p.id, (j.value ->> 3)::int8, $2
                 FROM jsonb_array_elements($1::jsonb) AS j(value)
                 JOIN push_subscriptions p ON p.id = (j.value ->> 2)::uuid
                 ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING"
            }
        };
        for some in notifications.chunks(ROWS) {
            let row = |(key, at): &(NotificationKey, Millis)| {
                let (conversation, seq, subscription) = columns(key);
                (conversation, seq, subscription, *at)
            };
            let rows = list(&some.iter().map(row).collect::<Vec<_>>());
            run_on!(self.write(), sqlx::query(sql).bind(rows).bind(now))?;
        }
        Ok(())
    }

    /// How many notifications wait.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn notifications_waiting(&self) -> Result<u64, StoreError> {
        let (waiting,): (i64,) = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT count(*) FROM push_notifications WHERE next_at IS NOT NULL",
        )
        .fetch_one(pool))?;
        Ok(unsigned(waiting))
    }

    /// Takes notifications that it is time for, but for those of some services and to some subscriptions,
    /// in the order of their events, and nobody else does until a time, by when it is to be said what
    /// became of them.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn take_due(
        &self,
        now: Millis,
        until: Millis,
        (services, subscriptions): (&[String], &[Uuid]),
        most: i64,
    ) -> Result<Vec<Due>, StoreError> {
        // So that looking costs no writer anything.
        let due: Option<(i64,)> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT seq FROM push_notifications WHERE next_at <= $1 LIMIT 1",
        )
        .bind(now)
        .fetch_optional(pool))?;
        if due.is_none() {
            return Ok(Vec::new());
        }
        let sql = match self.write() {
            Pool::Sqlite(_) => {
                "UPDATE push_notifications SET next_at = $2, attempts = attempts + 1
                 WHERE (conversation, seq, subscription) IN
                     (SELECT n.conversation, n.seq, n.subscription FROM push_notifications n
                      JOIN push_subscriptions p ON p.id = n.subscription
                      WHERE n.next_at <= $1 AND p.service NOT IN (SELECT value FROM json_each($3))
                          AND p.id NOT IN (SELECT unhex(value) FROM json_each($5))
                      ORDER BY n.next_at, n.at LIMIT $4)
                 RETURNING conversation, seq, subscription, at, attempts"
            }
            Pool::Postgres(_) => {
                "UPDATE push_notifications SET next_at = $2, attempts = attempts + 1
                 WHERE (conversation, seq, subscription) IN
                     (SELECT n.conversation, n.seq, n.subscription FROM push_notifications n
                      JOIN push_subscriptions p ON p.id = n.subscription
                      WHERE n.next_at <= $1 AND p.service NOT IN
                          (SELECT jsonb_array_elements_text($3::jsonb)) AND p.id NOT IN
                          (SELECT jsonb_array_elements_text($5::jsonb)::uuid)
                      ORDER BY n.next_at, n.at LIMIT $4 FOR UPDATE OF n SKIP LOCKED)
                 RETURNING conversation, seq, subscription, at, attempts"
            }
        };
        let rows: Vec<DueRow> = on_pool!(self.write(), pool => sqlx::query_as(sql)
            .bind(now)
            .bind(until)
            .bind(list(&services))
            .bind(most)
            .bind(ids(subscriptions.iter().copied()))
            .fetch_all(pool))?;
        let mut due: Vec<Due> = rows.into_iter().map(DueRow::due).collect();
        due.sort_unstable_by_key(|due| (due.at, due.key.job.seq));
        Ok(due)
    }

    /// What is to be known to tell browsers; those are left out that are gone, or whose event is.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn addressed(
        &self,
        notifications: &[NotificationKey],
        now: Millis,
    ) -> Result<Vec<Addressed>, StoreError> {
        let sql = over_list!(
            self.read(),
            "SELECT l.conversation, l.seq, p.id AS subscription, p.user_id, p.endpoint, p.p256dh,
                 p.auth, p.language, t.with_text, t.mentions_only, t.quiet_from, t.quiet_to,
                 t.time_zone, m.joined_seq, m.left_seq, m.read_seq, m.read_msg_no, m.cleared_seq,
                 m.silenced, c.kind, c.name, c.head_msg_no, u.name AS sender_name, o.nickname,
                 k.remark, k.blocked
             FROM listed l
             JOIN push_subscriptions p ON p.id = l.id
             JOIN sessions s ON s.token_hash = p.session
             JOIN events e ON e.conversation = l.conversation AND e.seq = l.seq
             JOIN conversations c ON c.id = l.conversation
             JOIN members m ON m.conversation = l.conversation AND m.user_id = p.user_id
             JOIN users u ON u.id = e.sender
             JOIN users r ON r.id = p.user_id
             LEFT JOIN members o ON o.conversation = l.conversation AND o.user_id = e.sender
             LEFT JOIN contacts k ON k.owner = p.user_id AND k.peer = e.sender
             LEFT JOIN push_settings t ON t.user_id = p.user_id
             WHERE s.ended_at IS NULL AND s.expires_at > $2 AND r.disabled_at IS NULL"
        );
        let rows: Vec<AddressedRow> = on_pool!(self.read(), pool => sqlx::query_as(sql)
            .bind(keys(notifications))
            .bind(now)
            .fetch_all(pool))?;
        Ok(rows.into_iter().map(AddressedRow::addressed).collect())
    }

    /// Notes that there is nothing to do any more for notifications.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn notified(&self, notifications: &[NotificationKey]) -> Result<(), StoreError> {
        let sql = over_list!(
            self.write(),
            "UPDATE push_notifications SET next_at = NULL
             WHERE (conversation, seq, subscription) IN (SELECT conversation, seq, id FROM listed)"
        );
        run_on!(self.write(), sqlx::query(sql).bind(keys(notifications)))?;
        Ok(())
    }

    /// Notes when a notification is to be tried again. Of those that wait for the same browser, the
    /// oldest beyond a hundred are given up.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn notify_again(&self, key: NotificationKey, at: Millis) -> Result<(), StoreError> {
        let (conversation, seq) = (key.job.conversation.0, signed(key.job.seq));
        run_on!(
            self.write(),
            sqlx::query(
                "UPDATE push_notifications SET next_at = $4
                 WHERE conversation = $1 AND seq = $2 AND subscription = $3",
            )
            .bind(conversation)
            .bind(seq)
            .bind(key.subscription)
            .bind(at)
        )?;
        run_on!(
            self.write(),
            sqlx::query(
                "UPDATE push_notifications SET next_at = NULL
                 WHERE subscription = $1 AND next_at IS NOT NULL AND at <
                     (SELECT at FROM push_notifications
                      WHERE subscription = $1 AND next_at IS NOT NULL
                      ORDER BY at DESC LIMIT 1 OFFSET $2)",
            )
            .bind(key.subscription)
            .bind(MOST_WAITING - 1)
        )?;
        Ok(())
    }

    /// Removes a subscription that its push service does not know any more, with all that waits for it.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn subscription_gone(&self, id: Uuid) -> Result<(), StoreError> {
        run_on!(
            self.write(),
            sqlx::query("DELETE FROM push_subscriptions WHERE id = $1").bind(id)
        )?;
        Ok(())
    }
}

fn columns(key: &NotificationKey) -> (Hex, i64, Hex) {
    let (conversation, seq) = (Hex(key.job.conversation.0), signed(key.job.seq));
    (conversation, seq, Hex(key.subscription))
}

fn keys(notifications: &[NotificationKey]) -> String {
    list(&notifications.iter().map(columns).collect::<Vec<_>>())
}

fn key(conversation: Uuid, seq: i64, subscription: Uuid) -> NotificationKey {
    NotificationKey {
        job: OfflineJob {
            conversation: ConversationId(conversation),
            seq: unsigned(seq),
        },
        subscription,
    }
}

impl DueRow {
    fn due(self) -> Due {
        Due {
            key: key(self.conversation, self.seq, self.subscription),
            at: self.at,
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
        }
    }
}

impl AddressedRow {
    fn addressed(self) -> Addressed {
        let has_read = self.read_seq >= self.seq && self.joined_seq != self.seq;
        let given = |name: Option<String>| name.filter(|name| !name.is_empty());
        Addressed {
            key: key(self.conversation, self.seq, self.subscription),
            user: UserId(self.user_id),
            endpoint: self.endpoint,
            p256dh: self.p256dh,
            auth: self.auth,
            language: self.language,
            with_text: self.with_text.unwrap_or(true),
            mentions_only: self.mentions_only.unwrap_or(false),
            quiet: quiet(self.quiet_from, self.quiet_to, self.time_zone),
            done_with: has_read
                || self.cleared_seq >= self.seq
                || self.left_seq.is_some()
                || self.blocked.unwrap_or(false),
            joined_seq: unsigned(self.joined_seq),
            silenced: self.silenced,
            unread: unsigned(self.head_msg_no - self.read_msg_no),
            kind: if self.kind == "direct" {
                ConversationKind::Direct
            } else {
                ConversationKind::Group
            },
            name: given(self.name),
            // As the app has it: the remark first, then the name in the group.
            sender_name: given(self.remark)
                .or(given(self.nickname))
                .unwrap_or(self.sender_name),
        }
    }
}
