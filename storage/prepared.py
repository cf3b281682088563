"""Statements for many rows at once, compiled once for each database.

SQLAlchemy writes the SQL; the rows then go to the driver as they are. Processing each row anew cost a third of a
transaction (measured with `make bench`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

Row = tuple[Any, ...]


class Insert:
    """Insert rows whose values stand in the order of the table's `columns` (all of them, if none are named).

    `replacing`: the columns to take from the new row when `key` is there already; without them, a row that is there
    is an error.
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[str] = (),
        *,
        key: Sequence[str] = (),
        replacing: Sequence[str] = (),
    ) -> None:
        self.columns = tuple(columns) or tuple(column.name for column in table.columns)
        self._table = table
        self._key, self._replacing = key, replacing
        self._compiled: dict[str, tuple[str, Callable[[Sequence[Row]], Sequence[Any]]]] = {}

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        dialect = connection.dialect.name
        if dialect not in self._compiled:
            self._compiled[dialect] = self._compile(connection)
        sql, arranged = self._compiled[dialect]
        connection.exec_driver_sql(sql, arranged(rows))

    def _compile(self, connection: Connection) -> tuple[str, Callable[[Sequence[Row]], Sequence[Any]]]:
        flavour: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
        statement = flavour.insert(self._table)
        if self._replacing:
            statement = statement.on_conflict_do_update(
                index_elements=list(self._key), set_={name: statement.excluded[name] for name in self._replacing}
            )
        compiled = statement.compile(dialect=connection.dialect, column_keys=list(self.columns))
        names = self.columns
        if compiled.positiontup is None:
            return str(compiled), lambda rows: [dict(zip(names, row, strict=True)) for row in rows]
        order = [names.index(name) for name in compiled.positiontup]
        if order == list(range(len(names))):
            return str(compiled), list
        return str(compiled), lambda rows: [tuple(row[i] for i in order) for row in rows]
