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
    """Insert rows whose values stand in the order of `columns` (all of the table's, if none are named).

    `replacing`: the columns to take from the new row when `key` is there already; without them, a row that is there
    is an error.
    """

    def __init__(
        self, table: Table, columns: Sequence[str] = (), *, key: Sequence[str] = (), replacing: Sequence[str] = ()
    ) -> None:
        self.columns = tuple(columns) or tuple(column.name for column in table.columns)
        self._table = table
        self._key, self._replacing = key, replacing
        self._compiled: dict[str, tuple[str, Callable[[Sequence[Row]], Sequence[Any]]]] = {}
        self._of_many: dict[int, str] = {}

    def compiled(self, dialect: Dialect) -> tuple[str, Callable[[Sequence[Row]], Sequence[Any]]]:
        """The SQL for one row, and how the driver wants the rows."""
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = self._compile(dialect)
        return found

    def of_many(self, dialect: Dialect, count: int) -> str:
        """The SQL for so many rows at once, where the driver takes its values by position."""
        sql = self._of_many.get(count)
        if sql is None:
            one = "(" + ", ".join("?" * len(self.columns)) + ")"
            sql = self._of_many[count] = self.compiled(dialect)[0].replace(one, ", ".join([one] * count), 1)
        return sql

    def of_columns(self, dialect: Dialect) -> str:
        """The SQL for any number of rows on PostgreSQL: each column is one parameter, a list (`unnest`)."""
        sql = self._of_many.get(0)
        if sql is None:
            kinds = {column.name: column.type.compile(dialect=dialect) for column in self._table.columns}
            lists = ", ".join(f"%({name})b::{kinds[name]}[]" for name in self.columns)
            head, _, tail = self.compiled(dialect)[0].partition(" VALUES ")
            tail = tail[tail.index(" ON CONFLICT") :] if " ON CONFLICT" in tail else ""
            # Made of the table's own names alone.
            sql = self._of_many[0] = f"{head} SELECT * FROM unnest({lists}){tail}"  # noqa: S608
        return sql

    def _compile(self, dialect: Dialect) -> tuple[str, Callable[[Sequence[Row]], Sequence[Any]]]:
        flavour: Any = sqlite if dialect.name == "sqlite" else postgresql
        statement = flavour.insert(self._table)
        if self._replacing:
            statement = statement.on_conflict_do_update(
                index_elements=list(self._key), set_={name: statement.excluded[name] for name in self._replacing}
            )
        compiled = statement.compile(dialect=dialect, column_keys=list(self.columns))
        names = self.columns
        if compiled.positiontup is None:
            return str(compiled), lambda rows: [dict(zip(names, row, strict=True)) for row in rows]
        order = [names.index(name) for name in compiled.positiontup]
        if order == list(range(len(names))):
            return str(compiled), list
        return str(compiled), lambda rows: [tuple(row[i] for i in order) for row in rows]
