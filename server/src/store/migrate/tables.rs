//! What is copied: every table with its columns.

/// A table, in both databases.
#[derive(Debug)]
pub(super) struct Table {
    pub name: &'static str,
    /// The first so many columns are its key: rows are copied in the order of it.
    pub key: usize,
    pub columns: &'static [Column],
    /// Where Postgres keeps rows by day: what names the day.
    pub day: Option<Day>,
}

#[derive(Debug)]
pub(super) struct Column {
    pub name: &'static str,
    pub kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sixteen bytes to SQLite, a UUID to Postgres.
    Id,
    Number,
    /// 0 or 1 to SQLite.
    Flag,
    Text,
    Bytes,
}

/// What names the day of a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Day {
    /// A column with a time.
    Of(&'static str),
    /// The time that the id in the first column begins with.
    OfKey,
}

use Kind::{Bytes, Flag, Id, Number, Text};

const fn c(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

/// Each after those whose rows its own refer to: a row that is deleted takes with it only what is
/// copied after it.
pub(super) const TABLES: [Table; 16] = [
    Table {
        name: "users",
        key: 1,
        columns: &[
            c("id", Id),
            c("number", Number),
            c("handle", Text),
            c("role", Text),
            c("name", Text),
            c("avatar", Text),
            c("signature", Text),
            c("locale", Text),
            c("invisible", Flag),
            c("version", Number),
            c("account_version", Number),
            c("created_at", Number),
            c("disabled_at", Number),
        ],
        day: None,
    },
    Table {
        name: "passwords",
        key: 1,
        columns: &[c("user_id", Id), c("phc", Text)],
        day: None,
    },
    Table {
        name: "second_factors",
        key: 1,
        columns: &[
            c("user_id", Id),
            c("secret", Bytes),
            c("confirmed", Flag),
            c("last_step", Number),
        ],
        day: None,
    },
    Table {
        name: "recovery_codes",
        key: 2,
        columns: &[c("user_id", Id), c("code_hash", Bytes)],
        day: None,
    },
    Table {
        name: "sessions",
        key: 1,
        columns: &[
            c("token_hash", Bytes),
            c("user_id", Id),
            c("created_at", Number),
            c("seen_at", Number),
            c("expires_at", Number),
            c("lasts_ms", Number),
            c("most_at", Number),
            c("ended_at", Number),
            c("shared", Flag),
            c("agent", Text),
            c("address", Text),
            c("scope", Text),
            c("name", Text),
            c("provider", Text),
        ],
        day: None,
    },
    Table {
        name: "push_settings",
        key: 1,
        columns: &[
            c("user_id", Id),
            c("with_text", Flag),
            c("mentions_only", Flag),
            c("quiet_from", Number),
            c("quiet_to", Number),
            c("time_zone", Text),
        ],
        day: None,
    },
    Table {
        name: "push_subscriptions",
        key: 1,
        columns: &[
            c("id", Id),
            c("user_id", Id),
            c("session", Bytes),
            c("endpoint", Text),
            c("service", Text),
            c("p256dh", Bytes),
            c("auth", Bytes),
            c("language", Text),
            c("created_at", Number),
        ],
        day: None,
    },
    Table {
        name: "push_notifications",
        key: 3,
        columns: &[
            c("conversation", Id),
            c("seq", Number),
            c("subscription", Id),
            c("at", Number),
            c("attempts", Number),
            c("next_at", Number),
        ],
        day: None,
    },
    Table {
        name: "offline_jobs",
        key: 2,
        columns: &[c("conversation", Id), c("seq", Number), c("at", Number)],
        day: None,
    },
    Table {
        name: "contacts",
        key: 2,
        columns: &[
            c("owner", Id),
            c("peer", Id),
            c("remark", Text),
            c("starred", Flag),
            c("blocked", Flag),
            c("since", Number),
        ],
        day: None,
    },
    Table {
        name: "contact_requests",
        key: 1,
        columns: &[
            c("id", Id),
            c("sender", Id),
            c("recipient", Id),
            c("note", Text),
            c("state", Text),
            c("at", Number),
        ],
        day: None,
    },
    Table {
        name: "identities",
        key: 2,
        columns: &[
            c("provider", Text),
            c("subject", Text),
            c("user_id", Id),
            c("name", Text),
            c("linked_at", Number),
        ],
        day: None,
    },
    Table {
        name: "conversations",
        key: 1,
        columns: &[
            c("id", Id),
            c("number", Number),
            c("kind", Text),
            c("name", Text),
            c("avatar", Text),
            c("announcement", Text),
            c("owner", Id),
            c("join_policy", Text),
            c("mute_all", Flag),
            c("member_count", Number),
            c("head_seq", Number),
            c("head_msg_no", Number),
            c("last_at", Number),
            c("updated_at", Number),
        ],
        day: None,
    },
    Table {
        name: "members",
        key: 2,
        columns: &[
            c("conversation", Id),
            c("user_id", Id),
            c("role", Text),
            c("nickname", Text),
            c("muted_until", Number),
            c("joined_seq", Number),
            c("joined_msg_no", Number),
            c("left_seq", Number),
            c("left_msg_no", Number),
            c("read_seq", Number),
            c("read_msg_no", Number),
            c("mention_seq", Number),
            c("marked_unread", Flag),
            c("pinned", Flag),
            c("silenced", Flag),
            c("hidden_seq", Number),
            c("cleared_seq", Number),
            c("cleared_msg_no", Number),
            c("updated_at", Number),
        ],
        day: None,
    },
    Table {
        name: "events",
        key: 3,
        columns: &[
            c("conversation", Id),
            c("seq", Number),
            c("at", Number),
            c("sent_at", Number),
            c("sender", Id),
            c("kind", Text),
            c("msg_no", Number),
            c("client_id", Id),
            c("body", Text),
            c("digest", Number),
        ],
        day: Some(Day::Of("at")),
    },
    Table {
        name: "send_keys",
        key: 2,
        columns: &[
            c("client_id", Id),
            c("sender", Id),
            c("payload_hash", Bytes),
            c("conversation", Id),
            c("seq", Number),
            c("at", Number),
            c("refusal", Text),
        ],
        day: Some(Day::OfKey),
    },
];

impl Table {
    /// The columns of the key.
    pub fn key_columns(&self) -> &'static [Column] {
        &self.columns[..self.key]
    }

    /// Where a column stands.
    pub fn position(&self, column: &str) -> usize {
        let found = self.columns.iter().position(|it| it.name == column);
        found.expect("the table has the columns that it is asked for by name")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::clock::Clock;
    use crate::random::Random;
    use crate::store::Store;
    use crate::store::pool::Pool;

    /// Whoever adds a table or a column is told here that it would be left behind.
    #[tokio::test]
    async fn nothing_of_the_schema_is_left_out() {
        let (clock, random) = (Clock::manual(0), Random::seeded(1));
        let store = Store::in_memory(&clock, &random).await.unwrap();
        let Pool::Sqlite(pool) = store.read() else {
            panic!("memory is SQLite's");
        };
        let columns: Vec<(String, String)> = sqlx::query_as(
            "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'",
        )
        .fetch_all(pool)
        .await
        .unwrap();
        let mut schema: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (table, column) in columns {
            schema.entry(table).or_default().insert(column);
        }
        // The one is copied by hand; the other is each database's own.
        let installation = schema.remove("installation").unwrap();
        let fixed = ["only_row", "history_id", "shards", "secret"];
        assert_eq!(installation, fixed.map(str::to_owned).into());
        schema.remove("_sqlx_migrations").unwrap();
        // Whoever is on the way in while all is moved begins again.
        schema.remove("log_ins").unwrap();
        schema.remove("newcomers").unwrap();
        schema.remove("qr_log_ins").unwrap();
        let copied: BTreeMap<String, BTreeSet<String>> = TABLES
            .iter()
            .map(|table| {
                let columns = table.columns.iter().map(|column| column.name.to_owned());
                (table.name.to_owned(), columns.collect())
            })
            .collect();
        assert_eq!(copied, schema);
    }
}
