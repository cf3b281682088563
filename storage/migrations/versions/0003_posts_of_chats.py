"""Posts: what may have been sent before a crash, further messages of the same card, and who stands in a message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_STANDING = sa.text("ref IS NOT NULL")


def upgrade() -> None:
    op.add_column("posts", sa.Column("attempted", sa.SmallInteger, nullable=False, server_default=sa.text("0")))
    op.add_column("posts", sa.Column("also", sa.Text))
    op.create_index(
        "ix_posts_standing", "posts", ["channel", "ref"], sqlite_where=_STANDING, postgresql_where=_STANDING
    )
    # From here on the posts of what has ended stand behind all others.
    op.execute(
        sa.text(
            "UPDATE posts SET rank = rank + 100 WHERE request IN (SELECT id FROM requests WHERE decided_at IS NOT NULL)"
        )
    )


def downgrade() -> None:
    op.execute(sa.text("UPDATE posts SET rank = rank - 100 WHERE rank > 0"))
    # A message that shows several requests is none that the step before could change.
    op.execute(sa.text("UPDATE posts SET ref = NULL WHERE substr(ref, 1, 6) = 'queue|'"))
    op.drop_index("ix_posts_standing", "posts")
    op.drop_column("posts", "also")
    op.drop_column("posts", "attempted")
