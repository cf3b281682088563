"""`placet serve`: the whole of Placet in one process, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

import uvicorn

from bot.api.app import create_app
from bot.bootstrap import declare, running
from bot.config import House, Settings, read_house
from bot.keys import leave_keys
from bot.pace import Timer
from bot.services import Services
from bot.yaml_document import ConfigError
from core.errors import PlacetError
from core.platforms import Messenger
from core.ports import Clock

GRACE = 10
"""Seconds that calls in flight have to end after SIGTERM."""
log = logging.getLogger("placet")


class _Server(uvicorn.Server):
    """Signals are handled here below, because everything else must be drained too."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listening_socket(host: str, port: int) -> socket.socket:
    """Take the address. Raises PlacetError with the remedy when it is taken already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, or asyncio does not know it for that and leaves every answer to wait 40 ms for Nagle's algorithm.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as problem:
        sock.close()
        raise PlacetError(
            f"cannot listen on {host} port {port} ({problem.strerror}). Is Placet running already? "
            "Stop it, or choose another port with PLACET_PORT."
        ) from problem
    return sock


@contextlib.asynccontextmanager
async def serving(
    settings: Settings,
    house: House,
    messengers: Mapping[str, Messenger] | None = None,
    clock: Clock | None = None,
    timer: Timer | None = None,
) -> AsyncIterator[tuple[Services, str]]:
    """Placet behind its API at an address, which is given with the services. Drained at the end."""
    sock = listening_socket(settings.host, settings.port)
    port = sock.getsockname()[1]
    try:
        async with running(settings, house, messengers, clock, timer) as services:
            await leave_keys(services, settings.token_file(settings.host, port))
            config = uvicorn.Config(
                create_app(services),
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE,
            )
            server = _Server(config)
            task = asyncio.create_task(server.serve(sockets=[sock]))
            while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn tells it in no other way
                await asyncio.sleep(0.005)
            if task.done():
                await task
                raise PlacetError(f"the server at {settings.host} port {port} did not start")
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            # Nobody's browser goes to "every address"; it goes to one of them.
            local = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 - compared, not listened on
            services.address = f"http://{local}:{port}"
            try:
                yield services, f"http://{host}:{port}"
            finally:
                services.bulletin.close()
                server.should_exit = True
                await task
    finally:
        sock.close()


async def serve(
    settings: Settings,
    messengers: Mapping[str, Messenger] | None = None,
    begun: Callable[[Services, str], Awaitable[None] | None] | None = None,
    house: House | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP reads `placet.yaml` again. `begun` is called once it can be reached.

    `house`: what to serve in place of what the files declare.
    """
    declared = house is None
    house = house or read_house(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    starting = asyncio.current_task()

    def ask_to_stop() -> None:
        stop.set()
        if starting is not None:
            # It may be waiting for its database, and would for ever.
            starting.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask_to_stop)
    try:
        async with serving(settings, house, messengers) as (services, address):
            starting = None
            log.info("serving at %s, settings from %s, policy %s", address, house.source, house.policy.name)
            await _until(stop, settings if declared else None, services, address, begun)
    except asyncio.CancelledError:
        if not stop.is_set() or starting is None:
            raise
        starting.uncancel()
        log.info("stopped before it could be reached")


async def _until(
    stop: asyncio.Event,
    settings: Settings | None,
    services: Services,
    address: str,
    begun: Callable[[Services, str], Awaitable[None] | None] | None,
) -> None:
    """Wait for the sign to stop, or for the end of what `begun` does. `settings`: read again at SIGHUP."""
    reloads: set[asyncio.Task[None]] = set()

    if settings is not None:

        def reload() -> None:
            task = asyncio.create_task(_reload(settings, services))
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
    if begun is not None and (more := begun(services, address)) is not None:
        waiting = asyncio.ensure_future(more)
        waiting.add_done_callback(lambda _: stop.set())
        await stop.wait()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    else:
        await stop.wait()
    log.info("stopping: calls in flight are answered first")


async def _reload(settings: Settings, services: Services) -> None:
    try:
        await declare(services, await asyncio.to_thread(read_house, settings))
    except (ConfigError, PlacetError) as problem:
        log.error("not reloaded, the old settings stay: %s", problem)
    else:
        log.info("settings reloaded")


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Run on the fastest event loop there is."""

    async def main() -> None:
        await work()

    # What is there now stays for good; looking through it again and again for garbage is most of what that costs.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 50)

    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        asyncio.run(main())
    else:
        uvloop.run(main())
