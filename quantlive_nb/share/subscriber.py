"""The viewer's part: reads what another process records, wants its symbols there, and asks.

This file knows no feed; when the owner is gone it says so and ends.
"""

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
"""A viewer that is gone wants nothing any more after so long."""
LEAVE_S = 0.5
"""Giving leases back may take so long; else they run out."""
ANSWER_S = 5.0
"""An owner that says no word for so long is taken for gone."""


class Follower:
    """Keeps a remote store up to date, and a lease on its symbols, on the loop.

    Parameters
    ----------
    store : RemoteStore
    symbols : callable
        What this viewer wants now.
    told : callable
        Called when the owner has told something new.
    """

    def __init__(
        self,
        store: RemoteStore,
        symbols: Callable[[], tuple[str, ...]],
        told: Callable[[], None],
    ) -> None:
        self.store = store
        self._symbols, self._told = symbols, told
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._leased: tuple[str, ...] = ()
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
                    self._told()
        finally:
            self.store.hang_up()
            with contextlib.suppress(concurrent.futures.TimeoutError):
                hand.submit(self._leave).result(LEAVE_S)
            hand.shutdown(wait=False)

    def _round(self) -> bool:
        """The owner's next word, and the lease renewed when it is half over."""
        now_us, symbols = System().now_us(), self._symbols()
        if symbols != self._leased or now_us > self._due_us:
            gone = tuple(s for s in self._leased if s not in symbols)
            self.store.want(self._name, symbols, now_us + LEASE_US)
            self.store.want(self._name, gone, 0)
            self._leased, self._due_us = symbols, now_us + LEASE_US // 2
        return self.store.refresh(ANSWER_S)

    def _leave(self) -> None:
        """Want nothing any more; an owner that is gone need not be told."""
        try:
            self.store.want(self._name, self._leased, 0)
        except Exception:  # noqa: BLE001  the lease runs out by itself
            return
