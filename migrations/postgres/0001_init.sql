-- Times are Unix milliseconds. Tables and columns are those of SQLite's migrations, but for what is
-- said below.

CREATE TABLE installation (
    only_row   BIGINT PRIMARY KEY CHECK (only_row = 1),
    history_id UUID   NOT NULL,
    shards     BIGINT NOT NULL,
    secret     BYTEA  NOT NULL,
    -- Where the history stands: see origin().
    origin     TEXT   NOT NULL,
    -- Set while an installation is moved here from a file: until all of it is here, no server opens it.
    moving     BOOLEAN NOT NULL DEFAULT FALSE
);

-- Tells one place of a history from another: a restored dump is another table, a promoted standby or
-- a backup that was recovered another timeline. The timeline is the one that is being written: that of
-- the last checkpoint is the old one for minutes after a standby was promoted. What Postgres itself has
-- no mark of, such as a disk put back to a snapshot, or a base backup that is started without
-- recovery.signal, it cannot tell.
CREATE FUNCTION origin() RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT concat_ws('/', s.system_identifier,
        CASE WHEN pg_is_in_recovery() THEN c.timeline_id
        ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END,
        'installation'::regclass::oid)
    FROM pg_control_system() s, pg_control_checkpoint() c
$$;

-- The nodes that store what is queued.
CREATE TABLE nodes (
    id      UUID   PRIMARY KEY,
    seen_at BIGINT NOT NULL
);

CREATE FUNCTION clock_millis() RETURNS BIGINT LANGUAGE sql VOLATILE AS $$
    SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint
$$;

CREATE TABLE users (
    id              UUID    PRIMARY KEY,
    number          BIGINT  NOT NULL UNIQUE,
    handle          TEXT    NOT NULL UNIQUE,
    role            TEXT    NOT NULL CHECK (role IN ('user', 'administrator')),
    name            TEXT    NOT NULL,
    avatar          TEXT,
    signature       TEXT    NOT NULL DEFAULT '',
    locale          TEXT    NOT NULL DEFAULT '',
    invisible       BOOLEAN NOT NULL DEFAULT FALSE,
    -- Changes with what others see of the profile.
    version         BIGINT  NOT NULL,
    -- Changes with the profile, the contacts or the requests.
    account_version BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    disabled_at     BIGINT
);

CREATE TABLE passwords (
    user_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    phc     TEXT NOT NULL
);

-- The second step of a log-in: codes that an app on the user's phone makes from the secret.
CREATE TABLE second_factors (
    user_id   UUID    PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret    BYTEA   NOT NULL,
    -- Asked for only once the user has shown that the app has it.
    confirmed BOOLEAN NOT NULL DEFAULT FALSE,
    -- Up to here each code was used, or could have been.
    last_step BIGINT  NOT NULL DEFAULT 0
);

-- Each lets its user in once without the app.
CREATE TABLE recovery_codes (
    user_id   UUID  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash BYTEA NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE sessions (
    token_hash BYTEA  PRIMARY KEY,
    user_id    UUID   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    -- With each use it moves on, to lasts_ms after that, but no further than most_at.
    expires_at BIGINT NOT NULL,
    lasts_ms   BIGINT NOT NULL,
    most_at    BIGINT NOT NULL,
    -- Ended from another device. The row stays until it would have expired, to tell this one so.
    ended_at   BIGINT,
    shared     BOOLEAN NOT NULL DEFAULT FALSE,
    agent      TEXT   NOT NULL DEFAULT '',
    address    TEXT   NOT NULL DEFAULT '',
    -- What a program may do with an access token; a browser, where it is null, may do all.
    scope      TEXT   CHECK (scope IN ('read', 'write')),
    -- What the user calls a token.
    name       TEXT   NOT NULL DEFAULT '',
    -- Who has issued one that was not made here.
    provider   TEXT
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- How users want to be told of what comes while they are away; who has said nothing has no row.
CREATE TABLE push_settings (
    user_id       UUID    PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    with_text     BOOLEAN NOT NULL DEFAULT TRUE,
    mentions_only BOOLEAN NOT NULL DEFAULT FALSE,
    -- In minutes since midnight, in the time zone.
    quiet_from    BIGINT,
    quiet_to      BIGINT,
    time_zone     TEXT
);

-- Browsers that push services reach. They go with the session of the browser.
CREATE TABLE push_subscriptions (
    id         UUID    PRIMARY KEY,
    user_id    UUID    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session    BYTEA   NOT NULL REFERENCES sessions (token_hash) ON DELETE CASCADE,
    endpoint   TEXT    NOT NULL UNIQUE,
    -- The host of the endpoint.
    service    TEXT    NOT NULL,
    -- What only the browser can decrypt: its public key, and a secret.
    p256dh     BYTEA   NOT NULL,
    auth       BYTEA   NOT NULL,
    language   TEXT    NOT NULL,
    created_at BIGINT  NOT NULL
);
CREATE INDEX push_subscriptions_user ON push_subscriptions (user_id);
CREATE INDEX push_subscriptions_session ON push_subscriptions (session);

-- What is told to whom: kept after that, so that nothing is told twice, as long as events are.
CREATE TABLE push_notifications (
    conversation UUID    NOT NULL,
    seq          BIGINT  NOT NULL,
    subscription UUID    NOT NULL REFERENCES push_subscriptions (id) ON DELETE CASCADE,
    at           BIGINT  NOT NULL,
    -- How often it was tried.
    attempts     BIGINT  NOT NULL DEFAULT 0,
    -- When it is to be tried; null once there is nothing to do.
    next_at      BIGINT,
    PRIMARY KEY (conversation, seq, subscription)
);
CREATE INDEX push_notifications_subscription ON push_notifications (subscription);
CREATE INDEX push_notifications_next_at ON push_notifications (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX push_notifications_at ON push_notifications (at);

-- Accounts elsewhere that users log in with: found by both columns of the key, never by an address.
CREATE TABLE identities (
    provider  TEXT   COLLATE "C" NOT NULL,
    subject   TEXT   COLLATE "C" NOT NULL,
    user_id   UUID   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name      TEXT   NOT NULL DEFAULT '',
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (provider, subject)
);
CREATE UNIQUE INDEX identities_user ON identities (user_id, provider);

-- Log-ins that were begun at a provider. A row is taken away by whoever comes back from there.
CREATE TABLE log_ins (
    state_hash   BYTEA  PRIMARY KEY,
    browser_hash BYTEA  NOT NULL,
    provider     TEXT   NOT NULL,
    -- Who links an account elsewhere, if that is what it is for.
    user_id      UUID   REFERENCES users (id) ON DELETE CASCADE,
    next_path    TEXT   NOT NULL,
    -- On a computer that others use too.
    shared       BOOLEAN NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX log_ins_expires_at ON log_ins (expires_at);

-- Those whose account elsewhere is verified, and who have yet to choose a handle.
CREATE TABLE newcomers (
    browser_hash BYTEA  PRIMARY KEY,
    provider     TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    handle       TEXT   NOT NULL,
    next_path    TEXT   NOT NULL,
    -- On a computer that others use too.
    shared       BOOLEAN NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX newcomers_expires_at ON newcomers (expires_at);

-- Log-ins by a QR code, until a device that is logged in confirms them and their browser has noticed.
CREATE TABLE qr_log_ins (
    browser_hash BYTEA   PRIMARY KEY,
    -- Of what the QR code holds.
    code_hash    BYTEA   NOT NULL UNIQUE,
    -- Of the number beside it.
    number_hash  BYTEA   NOT NULL,
    -- How often a number was typed.
    tries        BIGINT  NOT NULL DEFAULT 0,
    shared       BOOLEAN NOT NULL,
    agent        TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL,
    refused      BOOLEAN NOT NULL DEFAULT FALSE,
    -- The session of the device that confirmed it.
    confirmed_by BYTEA   REFERENCES sessions (token_hash) ON DELETE CASCADE
);
CREATE INDEX qr_log_ins_expires_at ON qr_log_ins (expires_at);
CREATE INDEX qr_log_ins_address ON qr_log_ins (address);
CREATE INDEX qr_log_ins_confirmed_by ON qr_log_ins (confirmed_by);

CREATE TABLE contacts (
    owner   UUID    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    peer    UUID    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    remark  TEXT    NOT NULL DEFAULT '',
    starred BOOLEAN NOT NULL DEFAULT FALSE,
    blocked BOOLEAN NOT NULL DEFAULT FALSE,
    since   BIGINT  NOT NULL,
    PRIMARY KEY (owner, peer)
);
CREATE INDEX contacts_peer ON contacts (peer);

CREATE TABLE contact_requests (
    id        UUID   PRIMARY KEY,
    sender    UUID   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    recipient UUID   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    note      TEXT   NOT NULL DEFAULT '',
    state     TEXT   NOT NULL CHECK (state IN ('open', 'accepted', 'declined')),
    at        BIGINT NOT NULL
);
CREATE INDEX contact_requests_sender ON contact_requests (sender);
CREATE INDEX contact_requests_recipient ON contact_requests (recipient);
-- One open request between the same two at a time.
CREATE UNIQUE INDEX contact_requests_open ON contact_requests (sender, recipient) WHERE state = 'open';

-- Where several writers make groups at the same time; numbers may have gaps here.
CREATE SEQUENCE conversation_numbers START 10000;

-- Of conversations and members each send changes rows: they have no CHECK, which Postgres would read
-- and plan anew for each statement.
CREATE TABLE conversations (
    id           UUID    PRIMARY KEY,
    number       BIGINT  UNIQUE,
    kind         TEXT    NOT NULL,
    name         TEXT,
    avatar       TEXT,
    announcement TEXT    NOT NULL DEFAULT '',
    owner        UUID,
    join_policy  TEXT    NOT NULL DEFAULT 'invite',
    mute_all     BOOLEAN NOT NULL DEFAULT FALSE,
    member_count BIGINT  NOT NULL,
    head_seq     BIGINT  NOT NULL,
    head_msg_no  BIGINT  NOT NULL,
    last_at      BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL
    -- Each send changes a row, but no column of an index: room on the page spares the indexes.
) WITH (fillfactor = 70);

-- A row stays when its member goes: a former member keeps the span from joined_seq to left_seq.
CREATE TABLE members (
    conversation   UUID    NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    user_id        UUID    NOT NULL,
    role           TEXT    NOT NULL,
    nickname       TEXT    NOT NULL DEFAULT '',
    muted_until    BIGINT  NOT NULL DEFAULT 0,
    joined_seq     BIGINT  NOT NULL,
    -- How many messages there were before joined_seq.
    joined_msg_no  BIGINT  NOT NULL,
    left_seq       BIGINT,
    -- How many messages there were up to left_seq.
    left_msg_no    BIGINT,
    read_seq       BIGINT  NOT NULL DEFAULT 0,
    -- How many messages there were up to read_seq.
    read_msg_no    BIGINT  NOT NULL DEFAULT 0,
    -- The first unread message that calls this member; 0 for none.
    mention_seq    BIGINT  NOT NULL DEFAULT 0,
    marked_unread  BOOLEAN NOT NULL DEFAULT FALSE,
    pinned         BOOLEAN NOT NULL DEFAULT FALSE,
    silenced       BOOLEAN NOT NULL DEFAULT FALSE,
    hidden_seq     BIGINT  NOT NULL DEFAULT 0,
    cleared_seq    BIGINT  NOT NULL DEFAULT 0,
    -- How many messages there were up to cleared_seq.
    cleared_msg_no BIGINT  NOT NULL DEFAULT 0,
    updated_at     BIGINT  NOT NULL,
    PRIMARY KEY (conversation, user_id)
) WITH (fillfactor = 80);
CREATE INDEX members_user ON members (user_id);

-- By day, since retention drops whole days. That a seq is there once is held by head_seq, which
-- each append moves on from where it was.
CREATE TABLE events (
    conversation UUID   NOT NULL,
    seq          BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    sent_at      BIGINT NOT NULL,
    sender       UUID   NOT NULL,
    kind         TEXT   NOT NULL,
    msg_no       BIGINT NOT NULL,
    client_id    UUID   NOT NULL,
    body         TEXT   NOT NULL,
    digest       BIGINT NOT NULL,
    PRIMARY KEY (conversation, seq, at)
) PARTITION BY RANGE (at);
-- For the sweep: rows lie in the order of arrival.
CREATE INDEX events_at ON events USING brin (at) WITH (pages_per_range = 8, autosummarize = on);

-- Events of which those who are away may have to be told, where no broker carries that.
CREATE TABLE offline_jobs (
    conversation UUID   NOT NULL,
    seq          BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (conversation, seq)
);

-- What became of each command. client_id starts with its time, so a day of them goes at once too.
CREATE TABLE send_keys (
    client_id    UUID   NOT NULL,
    sender       UUID   NOT NULL,
    payload_hash BYTEA  NOT NULL,
    conversation UUID   NOT NULL,
    seq          BIGINT,
    at           BIGINT NOT NULL,
    refusal      TEXT,
    PRIMARY KEY (client_id, sender)
) PARTITION BY RANGE (client_id);

-- Makes the partition of one day, counted from 1970, if it is not there. A table is attached rather
-- than made in place, since that would wait for all readers.
CREATE FUNCTION make_partition(parent TEXT, day BIGINT, low TEXT, high TEXT) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    name TEXT := parent || to_char(to_timestamp(day * 86400) AT TIME ZONE 'UTC', '"_"YYYYMMDD');
BEGIN
    IF to_regclass(name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            parent, name, low, high);
    END IF;
END $$;

-- The smallest UUIDv7 of a time.
CREATE FUNCTION first_id(at BIGINT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT rpad(lpad(to_hex(at), 12, '0'), 32, '0')::uuid::text
$$;

-- Makes the partitions of events and send_keys of these days, each counted from 1970.
CREATE FUNCTION make_partitions(events_from BIGINT, keys_from BIGINT, until BIGINT) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    length CONSTANT BIGINT := 86400000;
BEGIN
    -- One node at a time.
    PERFORM pg_advisory_xact_lock(hashtext('zspchat partitions'));
    FOR day IN events_from..until LOOP
        PERFORM make_partition('events', day, (day * length)::text, ((day + 1) * length)::text);
    END LOOP;
    FOR day IN keys_from..until LOOP
        PERFORM make_partition('send_keys', day, first_id(day * length), first_id((day + 1) * length));
    END LOOP;
END $$;

-- Drops the oldest partition that ends before a day, counted from 1970, and gives how many rows it
-- had; none where there is no such.
CREATE FUNCTION drop_partition(parent TEXT, before BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    first TEXT := to_char(to_timestamp(before * 86400) AT TIME ZONE 'UTC', 'YYYYMMDD');
    name  TEXT;
    found BIGINT;
BEGIN
    SELECT min(c.relname) INTO name
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = parent::regclass AND c.relname < parent || '_' || first;
    IF name IS NOT NULL THEN
        EXECUTE format('SELECT count(*) FROM %I', name) INTO found;
        EXECUTE format('DROP TABLE %I', name);
    END IF;
    RETURN found;
END $$;

-- Fails unless as many logs were moved on as there are: another writer was there in between, and all
-- of the batch must be decided again.
CREATE FUNCTION all_moved(moved BIGINT, expected BIGINT) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF moved <> expected THEN
        RAISE EXCEPTION 'a log was moved on meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
END $$;
