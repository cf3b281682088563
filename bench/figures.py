"""A figure with its goal, and the table of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich import box
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """`least`: whether the goal is a least value, or a most."""

    name: str
    value: float
    goal: float
    detail: str = ""
    least: bool = True

    @property
    def met(self) -> bool:
        return self.value >= self.goal if self.least else self.value <= self.goal


def table_of(figures: Iterable[Figure]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("figure", "measured", "goal", "", "how"):
        table.add_column(name, justify="right" if name in ("measured", "goal") else "left", overflow="fold")
    for figure in figures:
        sign = "≥" if figure.least else "≤"
        table.add_row(
            figure.name,
            f"{figure.value:.3g}",
            f"{sign} {figure.goal:g}",
            "[green]met[/]" if figure.met else "[red]not met[/]",
            figure.detail,
        )
    return table
