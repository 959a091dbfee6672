-- Times are Unix milliseconds, ids UUIDs of 16 bytes. A column is named user_id, not user, since
-- that is a keyword in Postgres, whose migrations have the same names.

CREATE TABLE installation (
    only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
    history_id BLOB    NOT NULL,
    shards     INTEGER NOT NULL,
    secret     BLOB    NOT NULL
) STRICT;

CREATE TABLE users (
    id              BLOB    PRIMARY KEY,
    number          INTEGER NOT NULL UNIQUE,
    handle          TEXT    NOT NULL UNIQUE,
    role            TEXT    NOT NULL CHECK (role IN ('user', 'administrator')),
    name            TEXT    NOT NULL,
    avatar          TEXT,
    signature       TEXT    NOT NULL DEFAULT '',
    locale          TEXT    NOT NULL DEFAULT '',
    invisible       INTEGER NOT NULL DEFAULT 0,
    -- Changes with what others see of the profile.
    version         INTEGER NOT NULL,
    -- Changes with the profile, the contacts or the requests.
    account_version INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    disabled_at     INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE passwords (
    user_id BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    phc     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The second step of a log-in: codes that an app on the user's phone makes from the secret.
CREATE TABLE second_factors (
    user_id   BLOB    PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret    BLOB    NOT NULL,
    -- Asked for only once the user has shown that the app has it.
    confirmed INTEGER NOT NULL DEFAULT 0,
    -- Up to here each code was used, or could have been.
    last_step INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Each lets its user in once without the app.
CREATE TABLE recovery_codes (
    user_id   BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash BLOB NOT NULL,
    PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    token_hash BLOB    PRIMARY KEY,
    user_id    BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    -- With each use it moves on, to lasts_ms after that, but no further than most_at.
    expires_at INTEGER NOT NULL,
    lasts_ms   INTEGER NOT NULL,
    most_at    INTEGER NOT NULL,
    -- Ended from another device. The row stays until it would have expired, to tell this one so.
    ended_at   INTEGER,
    shared     INTEGER NOT NULL DEFAULT 0,
    agent      TEXT    NOT NULL DEFAULT '',
    address    TEXT    NOT NULL DEFAULT '',
    -- What a program may do with an access token; a browser, where it is null, may do all.
    scope      TEXT    CHECK (scope IN ('read', 'write')),
    -- What the user calls a token.
    name       TEXT    NOT NULL DEFAULT '',
    -- Who has issued one that was not made here.
    provider   TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- How users want to be told of what comes while they are away; who has said nothing has no row.
CREATE TABLE push_settings (
    user_id       BLOB    PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    with_text     INTEGER NOT NULL DEFAULT 1,
    mentions_only INTEGER NOT NULL DEFAULT 0,
    -- In minutes since midnight, in the time zone.
    quiet_from    INTEGER,
    quiet_to      INTEGER,
    time_zone     TEXT
) STRICT, WITHOUT ROWID;

-- Browsers that push services reach. They go with the session of the browser.
CREATE TABLE push_subscriptions (
    id         BLOB    PRIMARY KEY,
    user_id    BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session    BLOB    NOT NULL REFERENCES sessions (token_hash) ON DELETE CASCADE,
    endpoint   TEXT    NOT NULL UNIQUE,
    -- The host of the endpoint.
    service    TEXT    NOT NULL,
    -- What only the browser can decrypt: its public key, and a secret.
    p256dh     BLOB    NOT NULL,
    auth       BLOB    NOT NULL,
    language   TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX push_subscriptions_user ON push_subscriptions (user_id);
CREATE INDEX push_subscriptions_session ON push_subscriptions (session);

-- What is told to whom: kept after that, so that nothing is told twice, as long as events are.
CREATE TABLE push_notifications (
    conversation BLOB    NOT NULL,
    seq          INTEGER NOT NULL,
    subscription BLOB    NOT NULL REFERENCES push_subscriptions (id) ON DELETE CASCADE,
    at           INTEGER NOT NULL,
    -- How often it was tried.
    attempts     INTEGER NOT NULL DEFAULT 0,
    -- When it is to be tried; null once there is nothing to do.
    next_at      INTEGER,
    PRIMARY KEY (conversation, seq, subscription)
) STRICT, WITHOUT ROWID;
CREATE INDEX push_notifications_subscription ON push_notifications (subscription);
CREATE INDEX push_notifications_next_at ON push_notifications (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX push_notifications_at ON push_notifications (at);

-- Accounts elsewhere that users log in with: found by both columns of the key, never by an address.
CREATE TABLE identities (
    provider  TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    user_id   BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name      TEXT    NOT NULL DEFAULT '',
    linked_at INTEGER NOT NULL,
    PRIMARY KEY (provider, subject)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX identities_user ON identities (user_id, provider);

-- Log-ins that were begun at a provider. A row is taken away by whoever comes back from there.
CREATE TABLE log_ins (
    state_hash   BLOB    PRIMARY KEY,
    browser_hash BLOB    NOT NULL,
    provider     TEXT    NOT NULL,
    -- Who links an account elsewhere, if that is what it is for.
    user_id      BLOB    REFERENCES users (id) ON DELETE CASCADE,
    next_path    TEXT    NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX log_ins_expires_at ON log_ins (expires_at);

-- Those whose account elsewhere is verified, and who have yet to choose a handle.
CREATE TABLE newcomers (
    browser_hash BLOB    PRIMARY KEY,
    provider     TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    handle       TEXT    NOT NULL,
    next_path    TEXT    NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX newcomers_expires_at ON newcomers (expires_at);

-- Log-ins by a QR code, until a device that is logged in confirms them and their browser has noticed.
CREATE TABLE qr_log_ins (
    browser_hash BLOB    PRIMARY KEY,
    -- Of what the QR code holds.
    code_hash    BLOB    NOT NULL UNIQUE,
    -- Of the number beside it.
    number_hash  BLOB    NOT NULL,
    -- How often a number was typed.
    tries        INTEGER NOT NULL DEFAULT 0,
    shared       INTEGER NOT NULL,
    agent        TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    refused      INTEGER NOT NULL DEFAULT 0,
    -- The session of the device that confirmed it.
    confirmed_by BLOB    REFERENCES sessions (token_hash) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX qr_log_ins_expires_at ON qr_log_ins (expires_at);
CREATE INDEX qr_log_ins_address ON qr_log_ins (address);
CREATE INDEX qr_log_ins_confirmed_by ON qr_log_ins (confirmed_by);

CREATE TABLE contacts (
    owner   BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    peer    BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    remark  TEXT    NOT NULL DEFAULT '',
    starred INTEGER NOT NULL DEFAULT 0,
    blocked INTEGER NOT NULL DEFAULT 0,
    since   INTEGER NOT NULL,
    PRIMARY KEY (owner, peer)
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_peer ON contacts (peer);

CREATE TABLE contact_requests (
    id        BLOB    PRIMARY KEY,
    sender    BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    recipient BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    note      TEXT    NOT NULL DEFAULT '',
    state     TEXT    NOT NULL CHECK (state IN ('open', 'accepted', 'declined')),
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_requests_sender ON contact_requests (sender);
CREATE INDEX contact_requests_recipient ON contact_requests (recipient);
-- One open request between the same two at a time.
CREATE UNIQUE INDEX contact_requests_open ON contact_requests (sender, recipient) WHERE state = 'open';

CREATE TABLE conversations (
    id           BLOB    PRIMARY KEY,
    number       INTEGER UNIQUE,
    kind         TEXT    NOT NULL CHECK (kind IN ('direct', 'group')),
    name         TEXT,
    avatar       TEXT,
    announcement TEXT    NOT NULL DEFAULT '',
    owner        BLOB,
    join_policy  TEXT    NOT NULL DEFAULT 'invite',
    mute_all     INTEGER NOT NULL DEFAULT 0,
    member_count INTEGER NOT NULL,
    head_seq     INTEGER NOT NULL,
    head_msg_no  INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A row stays when its member goes: a former member keeps the span from joined_seq to left_seq.
CREATE TABLE members (
    conversation   BLOB    NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    user_id        BLOB    NOT NULL,
    role           TEXT    NOT NULL CHECK (role IN ('member', 'administrator', 'owner')),
    nickname       TEXT    NOT NULL DEFAULT '',
    muted_until    INTEGER NOT NULL DEFAULT 0,
    joined_seq     INTEGER NOT NULL,
    -- How many messages there were before joined_seq.
    joined_msg_no  INTEGER NOT NULL,
    left_seq       INTEGER,
    -- How many messages there were up to left_seq.
    left_msg_no    INTEGER,
    read_seq       INTEGER NOT NULL DEFAULT 0,
    -- How many messages there were up to read_seq.
    read_msg_no    INTEGER NOT NULL DEFAULT 0,
    -- The first unread message that calls this member; 0 for none.
    mention_seq    INTEGER NOT NULL DEFAULT 0,
    marked_unread  INTEGER NOT NULL DEFAULT 0,
    pinned         INTEGER NOT NULL DEFAULT 0,
    silenced       INTEGER NOT NULL DEFAULT 0,
    hidden_seq     INTEGER NOT NULL DEFAULT 0,
    cleared_seq    INTEGER NOT NULL DEFAULT 0,
    -- How many messages there were up to cleared_seq.
    cleared_msg_no INTEGER NOT NULL DEFAULT 0,
    updated_at     INTEGER NOT NULL,
    PRIMARY KEY (conversation, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_user ON members (user_id);

-- Rows lie in the order of arrival, so that a batch fills few pages, and only the index of its key
-- changes one a conversation.
CREATE TABLE events (
    conversation BLOB    NOT NULL,
    seq          INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    sent_at      INTEGER NOT NULL,
    sender       BLOB    NOT NULL,
    kind         TEXT    NOT NULL,
    msg_no       INTEGER NOT NULL,
    client_id    BLOB    NOT NULL,
    body         TEXT    NOT NULL,
    digest       INTEGER NOT NULL,
    PRIMARY KEY (conversation, seq)
) STRICT;
-- For retention and the sweep. It grows at its end only, since `at` does.
CREATE INDEX events_at ON events (at);

-- Events of which those who are away may have to be told, where no broker carries that.
CREATE TABLE offline_jobs (
    conversation BLOB    NOT NULL,
    seq          INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;

-- What became of each command. client_id leads the key because it starts with its time: new keys
-- go to the end, and old ones are dropped from the front.
CREATE TABLE send_keys (
    client_id    BLOB    NOT NULL,
    sender       BLOB    NOT NULL,
    payload_hash BLOB    NOT NULL,
    conversation BLOB    NOT NULL,
    seq          INTEGER,
    at           INTEGER NOT NULL,
    refusal      TEXT,
    PRIMARY KEY (client_id, sender)
) STRICT, WITHOUT ROWID;

-- Commands with the events that came of them. A row inserted here goes where all of it belongs: so a
-- whole batch is one statement, and that a transaction of its own. Rows without a client_id are only
-- there to make up a number of rows.
CREATE VIEW commands AS
SELECT k.client_id, k.sender, k.payload_hash, k.conversation, k.seq, k.at, k.refusal,
    e.sent_at, e.kind, e.msg_no, e.body, e.digest, FALSE AS job
FROM send_keys k LEFT JOIN events e ON e.conversation = k.conversation AND e.seq = k.seq;

CREATE TRIGGER commands_insert INSTEAD OF INSERT ON commands WHEN NEW.client_id IS NOT NULL
BEGIN
    INSERT INTO send_keys (client_id, sender, payload_hash, conversation, seq, at, refusal)
    VALUES (NEW.client_id, NEW.sender, NEW.payload_hash, NEW.conversation, NEW.seq, NEW.at,
        NEW.refusal);

    INSERT INTO events
        (conversation, seq, at, sent_at, sender, kind, msg_no, client_id, body, digest)
    SELECT NEW.conversation, NEW.seq, NEW.at, NEW.sent_at, NEW.sender, NEW.kind, NEW.msg_no,
        NEW.client_id, NEW.body, NEW.digest
    WHERE NEW.seq IS NOT NULL;

    -- Where nobody wants to be told, there is nothing to do.
    INSERT INTO offline_jobs (conversation, seq, at)
    SELECT NEW.conversation, NEW.seq, NEW.at
    WHERE NEW.job AND NEW.seq IS NOT NULL AND EXISTS (SELECT 1 FROM push_subscriptions);

    UPDATE conversations SET head_seq = NEW.seq, head_msg_no = NEW.msg_no, last_at = NEW.at
    WHERE id = NEW.conversation AND NEW.seq IS NOT NULL;

    -- Who writes has read what stands above.
    UPDATE members SET read_seq = max(read_seq, NEW.seq),
        read_msg_no = max(read_msg_no, NEW.msg_no), marked_unread = 0, mention_seq = 0
    WHERE conversation = NEW.conversation AND user_id = NEW.sender AND left_seq IS NULL
      AND NEW.kind = 'message';
END;
