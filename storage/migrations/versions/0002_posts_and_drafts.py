"""Posts (which card is wanted where, and which stands there) and drafts (unfinished answers)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_BEHIND = sa.text("shown < wanted AND refused < wanted")


def upgrade() -> None:
    op.create_table(
        "posts",
        sa.Column("request", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("shown", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("expire_at", sa.BigInteger, nullable=False),
        sa.Column("ref", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_posts_behind",
        "posts",
        ["channel", "rank", "expire_at", "request"],
        sqlite_where=_BEHIND,
        postgresql_where=_BEHIND,
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_drafts_expiry", "drafts", ["expires_at"])


def downgrade() -> None:
    op.drop_table("drafts")
    op.drop_table("posts")
