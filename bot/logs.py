"""Logs: one line an event, `key=value`, to standard error. Never a token, never what a person wrote."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

_QUIET = ("httpx", "httpcore", "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "alembic", "sqlalchemy")


class LineFormatter(logging.Formatter):
    """`time=… level=… log=… message="…"`; a traceback stays on the same line. `secrets` are never written."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        line = f"time={at} level={record.levelname.lower()} log={record.name} message={_quoted(record.getMessage())}"
        if record.exc_info:
            line += f" trace={_quoted(self.formatException(record.exc_info))}"
        # An SDK may put a token into an address, and an address into an exception.
        for secret in self._secrets:
            line = line.replace(secret, "…")
        return line


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r").replace("\n", "\\n")
    return f'"{escaped}"'


def begin(level: str, secrets: Iterable[str] = ()) -> None:
    """Log to standard error at this level; libraries only when something is wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
