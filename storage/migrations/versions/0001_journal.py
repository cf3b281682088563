"""The journal, the vault, the requests, and the first answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_REGISTRY = sa.text("substr(stream, 1, 9) = 'registry:'")
_SWEPT = sa.text("substr(id, 1, 7) <> 'submit:'")
_PENDING = sa.text("decided_at IS NULL")
_ENDED = sa.text("decided_at IS NOT NULL")

# The audit log seals these very rows, so the database itself refuses to change one. On SQLite the third trigger
# closes the side door: INSERT OR REPLACE deletes without asking the delete trigger.
_SQLITE_GUARDS = (
    """CREATE TRIGGER events_never_updated BEFORE UPDATE ON events
       BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END""",
    """CREATE TRIGGER events_never_deleted BEFORE DELETE ON events
       BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END""",
    """CREATE TRIGGER events_never_replaced BEFORE INSERT ON events
       WHEN EXISTS (SELECT 1 FROM events WHERE (stream = NEW.stream AND seq = NEW.seq) OR position = NEW.position)
       BEGIN SELECT RAISE(ABORT, 'this place in the journal is taken'); END""",
)
_POSTGRES_GUARDS = (
    """CREATE FUNCTION events_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the journal is only ever added to'; END $$""",
    """CREATE TRIGGER events_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON events
       FOR EACH STATEMENT EXECUTE FUNCTION events_refuse()""",
)


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("position", _COUNTER, primary_key=True, autoincrement=True),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("entry", sa.LargeBinary, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("stream", "seq", name="uq_events_stream_seq"),
    )
    op.create_index("ix_events_registry", "events", ["position"], sqlite_where=_REGISTRY, postgresql_where=_REGISTRY)
    for statement in _SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else _POSTGRES_GUARDS:
        op.execute(sa.text(statement))
    op.create_table(
        "requests",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("revised_in", sa.Integer, nullable=False),
        sa.Column("asker", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("voters", sa.Text, nullable=False),
        sa.Column("expire_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    for name, columns, where in (
        ("ix_requests_queue", ["rank", "expire_at", "id"], _PENDING),
        ("ix_requests_due", ["due_at", "id"], sa.text("due_at IS NOT NULL")),
        ("ix_requests_ended", ["decided_at", "id"], _ENDED),
        ("ix_requests_ended_outcome", ["outcome", "decided_at", "id"], _ENDED),
        ("ix_requests_ended_asker", ["asker", "decided_at", "id"], _ENDED),
        ("ix_requests_ended_subject", ["subject", "decided_at", "id"], _ENDED),
    ):
        op.create_index(name, "requests", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "commands",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("refused", sa.LargeBinary),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_commands_age", "commands", ["at"], sqlite_where=_SWEPT, postgresql_where=_SWEPT)
    op.create_table(
        "vault",
        sa.Column("commitment", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
    )
    registry = op.create_table(
        "registry",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(registry, [{"id": 1, "version": 0}])


def downgrade() -> None:
    for table in ("registry", "vault", "commands", "requests", "events"):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute(sa.text("DROP FUNCTION events_refuse()"))
