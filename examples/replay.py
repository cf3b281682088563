"""A year of overrides, replayed week by week: what a Saturday digest would have said each time.

    .venv/bin/python examples/replay.py            # the whole of 2012; --weeks 10 for its beginning

It starts a Placet of its own, in a folder of its own, whose clock runs through 2012. The algorithm and its prices are
real (examples/README.md), the person is invented: `calls-2012/habits.json` says which habits they were given, so that
you can judge what the digests say. Each week's recommendations, clicks, fills, results and closes are imported on its
Saturday, and not before; then the schedule does what it always does. At the end everything can be looked at, on the
page *Learning*, until Ctrl+C.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import tempfile
from collections.abc import Coroutine, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from bot.cli.client import Client
from bot.config import Settings, default_house
from bot.serve import run, serving

HERE = Path(__file__).parent
PROGRAM = "calls-2012"
NINE = time(9, 0, 30, tzinfo=UTC)
Row = dict[str, Any]


def rows(name: str) -> Iterator[Row]:
    """The lines of one of the files."""
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def recommendations() -> Iterator[tuple[str, Row]]:
    """The stream, with the moment at which the algorithm spoke."""
    for row in rows("calls-2012.jsonl"):
        at = row["context"].pop("at")
        yield at, {**row, "at": at}


def closes() -> Iterator[tuple[str, Row]]:
    head, *lines = (HERE / "calls-2012" / "closes.csv").read_text(encoding="utf-8").splitlines()
    for line in lines:
        day, *prices = line.split(",")
        for subject, price in zip(head.split(",")[1:], prices, strict=True):
            yield day, {"subject": subject, "date": day, "close": price}


def everything() -> list[tuple[str, str, Row]]:
    """All that happened in the year: when, of which kind, and what."""
    found = [(at, "recommendations", row) for at, row in recommendations()]
    found += [(row["at"], "recommendations", row) for row in rows("calls-2012/clicks.jsonl")]
    found += [(row["at"], "executions", row) for row in rows("calls-2012/executions.jsonl")]
    found += [(row["at"], "results", row) for row in rows("calls-2012/outcomes.jsonl")]
    found += [(at, "closes", row) for at, row in closes()]
    return found


class Clock:
    """Stands where it is put, and is put forward only."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        self.moment += timedelta(microseconds=1)
        return self.moment


def send(client: Client, kind: str, given: list[Row], person: str) -> None:
    """Import rows of a kind, as `placet import` does."""
    lines = "\n".join(json.dumps(row) for row in given).encode()
    whose = {"person": person} if kind in ("recommendations", "executions") else {}
    if kind == "recommendations":
        whose["program"] = PROGRAM
    taken = client.send(f"/v1/{kind}", lines, "application/x-ndjson", **whose)
    for refused in taken["refused"]:
        print(f"  not taken: {kind} line {refused['line']}: {refused['field']} {refused['detail']}")


async def replay(weeks: int, folder: Path, pictures: Path | None, port: int, stay: bool) -> None:
    first, person = date(2012, 1, 7), "you"
    clock = Clock(datetime.combine(first - timedelta(weeks=1), NINE))
    settings = Settings(home=folder, port=port)
    left = sorted(everything(), key=lambda one: one[0])
    async with serving(settings, default_house(), clock=clock) as (services, address):
        client = await asyncio.to_thread(Client, settings.model_copy(update={"url": address}), "person")
        for saturday in (first + timedelta(weeks=week) for week in range(weeks)):
            past = [one for one in left if one[0][:10] < saturday.isoformat()]
            left = left[len(past) :]
            for kind in ("recommendations", "executions", "results", "closes"):
                given = [row for _, of, row in past if of == kind]
                if given:
                    await asyncio.to_thread(send, client, kind, given, person)
            clock.moment = datetime.combine(saturday, NINE)
            jobs = services.jobs
            if jobs is None:
                raise SystemExit("there are no jobs here")
            await jobs.look()
            made = await jobs.digests.of(person)
            if not made or made[0].at.date() != saturday:
                print(f"\n{'=' * 72}\n{saturday}: nothing to tell.")
                continue
            print(f"\n{'=' * 72}\n{made[0].body['text']}")
            if pictures:
                await asyncio.to_thread(keep, client, made[0].body["week"], pictures)
        if stay:
            link = await asyncio.to_thread(client.post, "/v1/people/you/login")
            print(f"\nTo look at it: {address}{link['path']} (then Learning). Ctrl+C ends it.")
            await asyncio.Event().wait()


async def until_ended(work: Coroutine[Any, Any, None]) -> None:
    """Carry out, and end on SIGTERM as on Ctrl+C: drained, and with nothing left behind."""
    task = asyncio.ensure_future(work)
    with contextlib.suppress(NotImplementedError):  # not on every platform
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def keep(client: Client, week: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{week}.png").write_bytes(client.download(f"/v1/digests/{week}/picture"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Replay 2012, one Saturday after the other.")
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--pictures", type=Path, help="a folder for the digests' pictures")
    parser.add_argument("--port", type=int, default=8612)
    parser.add_argument("--leave", action="store_true", help="end when the year is over")
    asked = parser.parse_args()
    # Ended by hand, it has not failed.
    with contextlib.suppress(KeyboardInterrupt), tempfile.TemporaryDirectory(prefix="placet-replay-") as folder:
        run(lambda: until_ended(replay(asked.weeks, Path(folder), asked.pictures, asked.port, not asked.leave)))


if __name__ == "__main__":
    main()
