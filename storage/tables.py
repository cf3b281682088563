"""The tables, as SQLAlchemy Core knows them. `migrations/` makes them; a test holds the two to each other.

Times are whole microseconds since 1970 in UTC: exact, sortable, and the same on both databases.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

# On SQLite the tables that every decision writes to have no rowid: the row lies in the key's own tree, so that one page
# fewer is written with each commit. The journal's positions need no AUTOINCREMENT, for no row of it is ever deleted.

# Identity columns count up by themselves on PostgreSQL; SQLite does so for INTEGER PRIMARY KEY alone.
_Counter = BigInteger().with_variant(Integer, "sqlite")

events = Table(
    "events",
    metadata,
    Column("position", _Counter, primary_key=True, autoincrement=True),
    Column("stream", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    UniqueConstraint("stream", "seq", name="uq_events_stream_seq"),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("revised_in", Integer, nullable=False),
    Column("asker", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("rank", SmallInteger, nullable=False),  # minus the tier, so that every order of the queue ascends
    Column("outcome", Text),
    Column("audience", Text, nullable=False),
    Column("voters", Text, nullable=False),
    Column("expire_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("decided_at", BigInteger),
    Column("state", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
_pending = text("decided_at IS NULL")
_ended = text("decided_at IS NOT NULL")
for _name, _columns, _where in (
    ("ix_requests_queue", ("rank", "expire_at", "id"), _pending),
    ("ix_requests_due", ("due_at", "id"), text("due_at IS NOT NULL")),
    ("ix_requests_ended", ("decided_at", "id"), _ended),
    ("ix_requests_ended_outcome", ("outcome", "decided_at", "id"), _ended),
    ("ix_requests_ended_asker", ("asker", "decided_at", "id"), _ended),
    ("ix_requests_ended_subject", ("subject", "decided_at", "id"), _ended),
):
    Index(_name, *(requests.c[c] for c in _columns), sqlite_where=_where, postgresql_where=_where)

commands = Table(
    "commands",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("refused", LargeBinary),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

vault = Table(
    "vault",
    metadata,
    Column("commitment", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
)

registry = Table(
    "registry",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)

posts = Table(
    "posts",
    metadata,
    Column("request", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("wanted", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("rank", SmallInteger, nullable=False),  # minus the tier; 100 more once the request has ended
    Column("expire_at", BigInteger, nullable=False),
    Column("ref", Text),
    Column("attempted", SmallInteger, nullable=False, server_default=text("0")),
    Column("also", Text),
    sqlite_with_rowid=False,
)
_standing = text("ref IS NOT NULL")
Index("ix_posts_standing", posts.c.channel, posts.c.ref, sqlite_where=_standing, postgresql_where=_standing)
_behind = text("shown < wanted AND refused < wanted")
Index(
    "ix_posts_behind",
    posts.c.channel,
    posts.c.rank,
    posts.c.expire_at,
    posts.c.request,
    sqlite_where=_behind,
    postgresql_where=_behind,
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
Index("ix_drafts_expiry", drafts.c.expires_at)
# What lets somebody in (sessions, one-time links, invitations), by the hash of its secret: the secret is kept nowhere.
passes = Table(
    "passes",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
Index("ix_passes_person", passes.c.person, passes.c.kind)
Index("ix_passes_expiry", passes.c.expires_at)
# Pictures and long texts of proposals, as they were written anew; a proposal holds their ids, which are hashes. The
# content stands last, so that SQLite need not read through it to what stands behind.
attachments = Table(
    "attachments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("asker", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("kept", SmallInteger, nullable=False),  # 1: a request holds it
    Column("created_at", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
_waiting = text("kept = 0")
Index(
    "ix_attachments_waiting",
    attachments.c.asker,
    attachments.c.created_at,
    sqlite_where=_waiting,
    postgresql_where=_waiting,
)
# Where a browser of somebody's takes messages (web push), by the hash of its address.
devices = Table(
    "devices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
Index("ix_devices_person", devices.c.person)
# The first answers to submissions are kept for ever.
_swept = text("substr(id, 1, 7) <> 'submit:'")
Index(
    "ix_commands_age",
    commands.c.at,
    sqlite_where=_swept,
    postgresql_where=_swept,
)
Index(
    "ix_events_registry",
    events.c.position,
    sqlite_where=text("substr(stream, 1, 9) = 'registry:'"),
    postgresql_where=text("substr(stream, 1, 9) = 'registry:'"),
)
# The ledger of learning: what was imported and what was concluded, every version of it; `latest` marks the last one.
records = Table(
    "records",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("program", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("latest", SmallInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
_latest = text("latest = 1")
Index(
    "ix_records_at",
    records.c.kind,
    records.c.at,
    records.c.key,
    sqlite_where=_latest,
    postgresql_where=_latest,
)
Index("ix_records_recorded_at", records.c.recorded_at)
