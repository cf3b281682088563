"""Statements that SQLAlchemy writes once for each database, and the driver then runs as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Dialect, Table, Text, any_, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable

Row = tuple[Any, ...]
Arranged = Callable[[Mapping[str, Any]], Any]
_Statement = Callable[[bool], Executable]


def one_of(column: Column[str], name: str, on_sqlite: bool) -> ColumnElement[bool]:
    """Whether the column is one of a list of texts, which is one parameter, however long it is: see `a_list`."""
    if on_sqlite:
        return column.in_(select(func.json_each(bindparam(name, type_=Text)).table_valued("value").c.value))
    return column == any_(bindparam(name, type_=ARRAY(Text)))


class Prepared:
    """A statement with named parameters. `statement` makes it, for SQLite (True) or for PostgreSQL."""

    def __init__(self, statement: Executable | _Statement) -> None:
        self._statement: _Statement = statement if callable(statement) else lambda _: statement
        self._compiled: dict[str, tuple[str, Arranged]] = {}

    def compiled(self, dialect: Dialect) -> tuple[str, Arranged]:
        """The SQL, and how the driver wants its values."""
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = self._compile(dialect)
        return found

    def _compile(self, dialect: Dialect) -> tuple[str, Arranged]:
        compiled: Any = self._statement(dialect.name == "sqlite").compile(  # type: ignore[attr-defined]
            dialect=dialect, compile_kwargs={"render_postcompile": True}
        )
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        if compiled.positiontup is None:
            return str(compiled), (lambda values: {**fixed, **values}) if fixed else (lambda values: values)
        names = compiled.positiontup
        return str(compiled), lambda values: [values[name] if name in values else fixed[name] for name in names]


class Insert:
    """Insert rows whose values stand in the order of `columns`, which is the table's (all of it, if none are named).

    `replacing`: the columns to take from the new row when `key` is there already; without them, a row that is there
    is an error.
    """

    def __init__(
        self, table: Table, columns: Sequence[str] = (), *, key: Sequence[str] = (), replacing: Sequence[str] = ()
    ) -> None:
        self.columns = tuple(column.name for column in table.columns if not columns or column.name in columns)
        if columns and self.columns != tuple(columns):
            raise ValueError(f"the columns of {table.name} must be named in the order of the table")
        self._table = table
        self._key, self._replacing = key, replacing
        self._sql: dict[tuple[str, int], str] = {}

    def of_many(self, dialect: Dialect, count: int) -> str:
        """The SQL for so many rows at once, where the driver takes its values by position (SQLite)."""

        def values() -> str:
            one = "(" + ", ".join("?" * len(self.columns)) + ")"
            return "VALUES " + ", ".join([one] * count)

        return self._written(dialect, count, values)

    def of_columns(self, dialect: Dialect) -> str:
        """The SQL for any number of rows, where each column is one parameter, a list (PostgreSQL)."""

        def values() -> str:
            columns = (self._table.columns[name] for name in self.columns)
            lists = ", ".join(f"%({column.name})b::{column.type.compile(dialect=dialect)}[]" for column in columns)
            return f"SELECT * FROM unnest({lists})"  # noqa: S608 - made of the table's own names alone

        return self._written(dialect, 0, values)

    def _written(self, dialect: Dialect, count: int, values: Callable[[], str]) -> str:
        """SQLAlchemy's statement for one row, with these values in place of the row's."""
        place = (dialect.name, count)
        if place not in self._sql:
            flavour: Any = sqlite if dialect.name == "sqlite" else postgresql
            statement = flavour.insert(self._table)
            if self._replacing:
                statement = statement.on_conflict_do_update(
                    index_elements=list(self._key), set_={name: statement.excluded[name] for name in self._replacing}
                )
            head, _, rest = str(statement.compile(dialect=dialect, column_keys=list(self.columns))).partition(
                " VALUES "
            )
            conflict = rest[rest.index(" ON CONFLICT") :] if " ON CONFLICT" in rest else ""
            self._sql[place] = f"{head} {values()}{conflict}"
        return self._sql[place]
