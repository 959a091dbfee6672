//! What every batch reads, in both dialects. One row with a list for each kind of rows: on SQLite
//! every row is a message from the database's thread to ours, on Postgres a trip is what costs.

/// $1 keys, $2 conversations, $3 members named, $4 direct conversations, $5 pairs of contacts; pairs
/// of ids are the digits of both.
pub(super) const LOAD_SQLITE: &str = "
    SELECT (
        SELECT json_group_array(json_array(hex(k.client_id), hex(k.sender), hex(k.payload_hash),
            hex(k.conversation), k.seq, k.at, k.refusal))
        FROM json_each($1) j CROSS JOIN send_keys k
        WHERE k.client_id = unhex(substr(j.value, 1, 32)) AND k.sender = unhex(substr(j.value, 33))
    ), (
        SELECT json_group_array(json_array(hex(c.id), c.name, c.announcement, c.mute_all,
            iif(c.owner IS NULL, NULL, hex(c.owner)), c.member_count, c.head_seq, c.head_msg_no,
            c.last_at, c.updated_at))
        FROM json_each($2) j CROSS JOIN conversations c WHERE c.id = unhex(j.value)
    ), (
        SELECT json_group_array(json_array(hex(conversation), hex(user_id), role, nickname,
            muted_until, blocks))
        FROM (
            SELECT m.conversation, m.user_id, m.role, m.nickname, m.muted_until, NULL AS blocks
            FROM json_each($3) j CROSS JOIN members m
            WHERE m.conversation = unhex(substr(j.value, 1, 32))
              AND m.user_id = unhex(substr(j.value, 33)) AND m.left_seq IS NULL
            UNION ALL
            SELECT m.conversation, m.user_id, m.role, m.nickname, m.muted_until,
                (SELECT c.blocked FROM members o CROSS JOIN contacts c
                 WHERE o.conversation = m.conversation AND o.user_id <> m.user_id
                   AND o.left_seq IS NULL AND c.owner = m.user_id AND c.peer = o.user_id)
            FROM json_each($4) j CROSS JOIN members m
            WHERE m.conversation = unhex(j.value) AND m.left_seq IS NULL
        )
    ), (
        SELECT json_group_array(json_array(hex(c.owner), hex(c.peer), c.blocked))
        FROM json_each($5) j CROSS JOIN contacts c
        WHERE c.owner = unhex(substr(j.value, 1, 32)) AND c.peer = unhex(substr(j.value, 33))
    )";

/// $1 and $2 keys, $3 conversations, $4 and $5 members named, $6 direct conversations, $7 and $8
/// pairs of contacts.
pub(super) const LOAD_POSTGRES: &str = "
    SELECT (
        SELECT COALESCE(json_agg(json_build_array(k.client_id, k.sender,
            encode(k.payload_hash, 'hex'), k.conversation, k.seq, k.at, k.refusal)), '[]')::text
        FROM unnest($1::uuid[], $2::uuid[]) AS j(client_id, sender)
        JOIN send_keys k ON k.client_id = j.client_id AND k.sender = j.sender
    ), (
        SELECT COALESCE(json_agg(json_build_array(c.id, c.name, c.announcement, c.mute_all::int,
            c.owner, c.member_count, c.head_seq, c.head_msg_no, c.last_at, c.updated_at)), '[]')::text
        FROM unnest($3::uuid[]) AS j(id) JOIN conversations c ON c.id = j.id
    ), (
        SELECT COALESCE(json_agg(json_build_array(conversation, user_id, role, nickname,
            muted_until, blocks)), '[]')::text
        FROM (
            SELECT m.conversation, m.user_id, m.role, m.nickname, m.muted_until, NULL AS blocks
            FROM unnest($4::uuid[], $5::uuid[]) AS j(conversation, user_id)
            JOIN members m ON m.conversation = j.conversation AND m.user_id = j.user_id
            WHERE m.left_seq IS NULL
            UNION ALL
            SELECT m.conversation, m.user_id, m.role, m.nickname, m.muted_until,
                (SELECT c.blocked::int FROM members o
                 JOIN contacts c ON c.owner = m.user_id AND c.peer = o.user_id
                 WHERE o.conversation = m.conversation AND o.user_id <> m.user_id
                   AND o.left_seq IS NULL)
            FROM unnest($6::uuid[]) AS j(id) JOIN members m ON m.conversation = j.id
            WHERE m.left_seq IS NULL
        ) AS present
    ), (
        SELECT COALESCE(json_agg(json_build_array(c.owner, c.peer, c.blocked::int)), '[]')::text
        FROM unnest($7::uuid[], $8::uuid[]) AS j(owner, peer)
        JOIN contacts c ON c.owner = j.owner AND c.peer = j.peer
    )";

/// [`INSERT_POSTGRES`], with something more that is done in the same statement.
macro_rules! insert_postgres {
    ($jobs:literal) => {
        concat!(
            "
    WITH commands AS MATERIALIZED (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::uuid[], $5::int8[], $6::int8[],
            $7::int8[], $8::text[], $9::int8[], $10::text[], $11::int8[], $12::text[], $13::int8[],
            $14::bool[], $15::int8[])
        AS c(client_id, sender, payload_hash, conversation, at, seq, sent_at, kind, msg_no, body,
            digest, refusal, first, is_last, version)
    ), keys AS (
        INSERT INTO send_keys (client_id, sender, payload_hash, conversation, seq, at, refusal)
        SELECT client_id, sender, payload_hash, conversation, seq, at, refusal FROM commands
        -- Batches that hold the same keys wait for each other in one order only.
        ORDER BY client_id, sender
    ), logs AS (
        INSERT INTO events
            (conversation, seq, at, sent_at, sender, kind, msg_no, client_id, body, digest)
        SELECT conversation, seq, at, sent_at, sender, kind, msg_no, client_id, body, digest
        FROM commands WHERE seq IS NOT NULL
    ), moved AS (
        UPDATE conversations c SET head_seq = e.seq, head_msg_no = e.msg_no, last_at = e.at
        FROM commands e
        WHERE e.first IS NOT NULL AND c.id = e.conversation AND c.head_seq = e.first - 1
            AND c.updated_at = COALESCE(e.version, c.updated_at) RETURNING c.id
    ), read AS (
        UPDATE members m SET read_seq = GREATEST(m.read_seq, w.seq),
            read_msg_no = GREATEST(m.read_msg_no, w.msg_no), marked_unread = FALSE, mention_seq = 0
        FROM commands w
        WHERE w.is_last AND m.conversation = w.conversation AND m.user_id = w.sender
            AND m.left_seq IS NULL
    )",
            $jobs,
            "
    SELECT all_moved((SELECT count(*) FROM moved), (SELECT count(first) FROM commands))"
        )
    };
}

/// Commands with their events, of which a part of the columns may be NULL: writes all of it, moves
/// logs on, and that senders have read what they wrote. Where a log does not end where it was read to
/// end, or the conversation is of another version than the one it was decided by, if that is given, it
/// fails.
///
/// The last event of each log has the seq that its batch began with (`first`), and the last message of
/// each sender in each log is marked (`is_last`): both are known to whoever calls.
pub(super) const INSERT_POSTGRES: &str = insert_postgres!("");

/// The same, with a job an event.
pub(super) const INSERT_POSTGRES_WITH_JOBS: &str = insert_postgres!(
    ", jobs AS (
        INSERT INTO offline_jobs (conversation, seq, at)
        SELECT conversation, seq, at FROM commands
        -- Where nobody wants to be told, there is nothing to do.
        WHERE seq IS NOT NULL AND EXISTS (SELECT 1 FROM push_subscriptions)
    )"
);
