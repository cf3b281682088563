"""Leases: one process alone, whatever becomes of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from core.errors import StoreUnavailable
from storage import lease as leases
from storage.lease import SqlLeases
from tests.architecture.test_house import ROOT
from tests.conftest import running_postgres

HOLDS = """
import sys, time
from storage.lease import SqlLeases
lease = SqlLeases(sys.argv[1]).take("slack")
print("held" if lease else "refused", flush=True)
time.sleep(600)
"""


def test_of_two_one_holds_it_until_it_lets_go(database_url: str) -> None:
    one, other = SqlLeases(database_url), SqlLeases(database_url)
    first = one.take("slack")
    assert first is not None
    assert first.good()
    assert other.take("slack") is None
    assert one.take("slack") is None, "not twice in one process either"
    first.release()
    first.release()
    assert not first.good()
    second = other.take("slack")
    assert second is not None
    assert one.take("slack") is None
    second.release()


def test_names_do_not_disturb_each_other(database_url: str) -> None:
    held = [SqlLeases(database_url).take(name) for name in ("slack", "discord", "telegram", "seal", "weekly")]
    assert all(held)
    for lease in held:
        assert lease is not None
        lease.release()


def test_databases_do_not_disturb_each_other(sqlite_url: str, postgres_url: str) -> None:
    held = [SqlLeases(url).take("slack") for url in (sqlite_url, postgres_url)]
    assert all(held)
    for lease in held:
        assert lease is not None
        lease.release()


def test_a_holder_that_is_killed_hands_over(database_url: str) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDS, database_url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        here = SqlLeases(database_url)
        assert here.take("slack") is None
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        end = time.monotonic() + 5
        while (lease := here.take("slack")) is None:
            assert time.monotonic() < end, "nobody is there, and it is still held"
            time.sleep(0.02)
        assert lease.good()
        lease.release()
    finally:
        holder.kill()
        holder.wait()
        assert holder.stdout is not None
        holder.stdout.close()


def test_a_connection_that_is_ended_takes_the_lease_with_it(postgres_url: str) -> None:
    one, other = SqlLeases(postgres_url), SqlLeases(postgres_url)
    lease = one.take("slack")
    assert lease is not None
    with psycopg.connect(postgres_url, autocommit=True) as administrator:
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert not lease.good()
    assert not lease.good(), "it is never good again"
    second = other.take("slack")
    assert second is not None
    lease.release()
    assert second.good(), "to let go of what is lost takes nothing from others"
    second.release()


def test_a_server_that_is_gone_is_said() -> None:
    with running_postgres() as server:
        held = SqlLeases(server.url())
        lease = held.take("slack")
        assert lease is not None
        server.stop()
        assert not lease.good()
        with pytest.raises(StoreUnavailable):
            held.take("discord")
        lease.release()


def test_a_file_that_was_removed_is_no_lease(sqlite_url: str) -> None:
    one = SqlLeases(sqlite_url)
    lease = one.take("slack")
    assert lease is not None
    [file] = Path(sqlite_url.removeprefix("sqlite:///")).parent.glob("*.lease")
    assert file.stat().st_mode & 0o077 == 0
    file.unlink()
    assert not lease.good()
    second = one.take("slack")
    assert second is not None
    assert not lease.good(), "another file of the same name is not the one we hold"
    for held in (lease, second):
        held.release()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        SqlLeases(f"sqlite:///{tmp_path / 'nowhere' / 'placet.db'}").take("slack")


def test_where_nobody_else_can_be_it_is_always_granted(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("sqlite://", "sqlite:///:memory:"):
        for lease in (SqlLeases(url).take("slack"), SqlLeases(url).take("slack")):
            assert lease is not None
            assert lease.good()
            lease.release()
    monkeypatch.setattr(leases, "fcntl", None)
    assert SqlLeases(sqlite_url).take("slack") is not None
    assert SqlLeases(sqlite_url).take("slack") is not None
