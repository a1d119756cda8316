"""The client's task: keeps its subscription and its snapshot up to date until the owner is gone."""

import asyncio
import concurrent.futures
import contextlib
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from quantlive_nb.clock import System
from quantlive_nb.errors import StoreLost
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.share.client import RemoteStore

__all__ = ["Follower"]

LEASE_US: Micros = 20 * SECOND
"""A subscription lasts so long unless it is renewed."""
LEAVE_S = 0.5
"""Seconds for giving subscriptions back; else they expire."""
ANSWER_S = 5.0
"""Seconds without a heartbeat before the owner counts as dead."""


class Follower:
    """Keeps a client up to date, and its subscription, on the loop.

    Parameters
    ----------
    store : RemoteStore
    symbols : callable
        What this client subscribes to now.
    changed : callable
        Called after each new snapshot.
    """

    def __init__(
        self,
        store: RemoteStore,
        symbols: Callable[[], tuple[str, ...]],
        changed: Callable[[], None],
    ) -> None:
        self.store = store
        self._symbols, self._changed = symbols, changed
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._subscribed: tuple[str, ...] = ()
        self._due_us: Micros = 0

    async def run(self) -> None:
        """Follow until the owner is gone.

        Raises
        ------
        StoreLost
            When it does not answer any more.
        """
        loop, hand = asyncio.get_running_loop(), ThreadPoolExecutor(1, "quantlive-follow")
        try:
            while True:
                try:
                    async with asyncio.timeout(2 * ANSWER_S):
                        is_news = await loop.run_in_executor(hand, self._round)
                except TimeoutError as exc:
                    raise StoreLost(self.store.path, self.store.address.pid) from exc
                if is_news:
                    self._changed()
        finally:
            self.store.hang_up()
            with contextlib.suppress(concurrent.futures.TimeoutError):
                hand.submit(self._leave).result(LEAVE_S)
            hand.shutdown(wait=False)

    def _round(self) -> bool:
        """Wait for the next snapshot; renew the subscription when it is half over."""
        now_us, symbols = System().now_us(), self._symbols()
        if symbols != self._subscribed or now_us > self._due_us:
            gone = tuple(s for s in self._subscribed if s not in symbols)
            self.store.subscribe(self._name, symbols, now_us + LEASE_US)
            self.store.subscribe(self._name, gone, 0)
            self._subscribed, self._due_us = symbols, now_us + LEASE_US // 2
        return self.store.refresh(ANSWER_S)

    def _leave(self) -> None:
        """End the subscription; an owner that is gone need not be told."""
        try:
            self.store.subscribe(self._name, self._subscribed, 0)
        except Exception:  # noqa: BLE001  the subscription expires by itself
            return
