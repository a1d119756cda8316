"""Live: the object that a notebook holds; everything else is reached through it."""

import contextlib
from collections.abc import Callable
from dataclasses import replace

import duckdb

from quantlive_nb.analytics import SeriesMemo
from quantlive_nb.analytics.core.argument import whole
from quantlive_nb.demo import is_replay
from quantlive_nb.errors import (
    Closed,
    FeedError,
    QuantliveError,
    StoreLost,
    UnknownSymbol,
    UsageError,
)
from quantlive_nb.interval import Micros, micros
from quantlive_nb.live.export import export_bytes
from quantlive_nb.live.queries import Queries
from quantlive_nb.live.recording import Recording
from quantlive_nb.live.repair.audit import Difference
from quantlive_nb.live.snapshot.build_snapshot import assemble, blank
from quantlive_nb.live.snapshot.snapshot import Snapshot
from quantlive_nb.live.source import Options
from quantlive_nb.name import named, require_text, symbol_of
from quantlive_nb.numeral import brief
from quantlive_nb.panel import Analytic, Panel, spec_of
from quantlive_nb.settings import Settings, require_settings
from quantlive_nb.share.extension import warm
from quantlive_nb.store import MEMORY
from quantlive_nb.types import Pair, PairSpec

__all__ = ["Live"]


class Live(Queries):
    """A live market in a notebook: records, answers and watches, from any cell, in any order.

    Parameters
    ----------
    *symbols : str
        What to stream; two make a pair. Default BTCUSDT and ETHUSDT.
    name : str
        A newer Live of the same name takes over from its previous when it starts.
    source : str
        ``binance`` (default), ``binance-us``, ``simulated``, ``demo`` or ``replay:PATH``.
    db : str
        A DuckDB file, or ``":memory:"``. Default: the user's own file for an exchange, memory for
        a replay and for the simulated market.
    ws_url, rest_url : str
        Other endpoints than the exchange's own.
    speed : float
        Pace of a replay or of the simulated market; ``inf`` replays without waiting.
    seed : int
        Of the simulated market.
    silence : str or int
        A connection without a trade for this long is DOWN: ``"30s"``.
    preload : str or int
        So far back the tape of an exchange is filled when it starts: ``"1h"``; ``"0"``: not.
    must_own : bool
        Fail, rather than record in memory, when another process owns the database.
    memory_mb : int
        What DuckDB may keep of a database file in memory; 0: its own default.

    Raises
    ------
    UsageError
        When an argument cannot mean anything. Nothing is opened before :meth:`start`.

    Notes
    -----
    What is not given is read from ``QUANTLIVE_SOURCE``, ``_SYMBOLS``, ``_DB``, ``_WS_URL``,
    ``_REST_URL``, ``_SPEED`` and ``_PRELOAD``. The feed runs on a loop in a thread of its own: a
    busy cell stops neither it nor the charts. Nothing in the background ever raises at a cell: a
    failure becomes the state FAILED, and ``await live.wait()`` raises it.

    Examples
    --------
    >>> live = Live("BTCUSDT", "ETHUSDT", name="doc", source="simulated")
    >>> live
    Live(doc) new · simulated
    >>> _ = live.start()
    >>> live.state
    <State.RUNNING: 'running'>
    >>> live.close()
    """

    def __init__(
        self,
        *symbols: str,
        name: str = "main",
        source: "str | None" = None,
        db: "str | None" = None,
        ws_url: "str | None" = None,
        rest_url: "str | None" = None,
        speed: "float | None" = None,
        seed: "int | None" = None,
        silence: "str | Micros | None" = None,
        preload: "str | Micros | None" = None,
        must_own: bool = False,
        memory_mb: int = 0,
    ) -> None:
        given: dict[str, object] = {"source": source, "db": db, "speed": speed, "seed": seed}
        given |= {"ws_url": ws_url, "rest_url": rest_url, "must_own": must_own, "preload": preload}
        given |= {"memory_mb": memory_mb}
        silence_s = None if silence is None else micros(silence) / 1e6
        options = Options.read(symbols, **given, silence_s=silence_s)
        super().__init__(named("a Live", name), options)

    @property
    def source(self) -> str:
        """What is recorded."""
        return self.options.source

    @property
    def speed(self) -> float:
        """Pace of a replay or of the simulated market."""
        return self.options.speed

    def warm(self) -> None:
        """Load what it takes to read another process's database; nothing is opened or asked."""
        if self.options.path != MEMORY:
            warm()

    def listed(self) -> tuple[str, ...]:
        """Every symbol that the exchange lists, once it has been asked; else those streamed."""
        known = () if self._session is None else self._session.recorder.listing.symbols
        return known if self.options.is_exchange and known else self.symbols

    def want(self, *symbols: str) -> None:
        """Stream these symbols too.

        Raises
        ------
        UsageError
            When one could be no symbol.
        UnknownSymbol
            When the exchange, or the recording, does not have one; the others are not added.
        """
        session, asked = self._asked(), tuple(map(symbol_of, symbols))
        listing = session.recorder.listing
        if self.options.is_exchange:
            with contextlib.suppress(FeedError):
                listing.load()
            listing.check(asked)
        elif strange := [s for s in asked if s not in self.symbols and self.source != "simulated"]:
            raise UnknownSymbol(strange[0], self.symbols)
        with self._turn:
            self._stream(session, (*self.symbols, *asked))

    def drop(self, *symbols: str) -> None:
        """Stream these symbols no more; their history stays."""
        gone = set(map(symbol_of, symbols))
        with self._turn:
            self._stream(self._asked(), tuple(s for s in self.symbols if s not in gone))

    def panel(self, pair: "Pair | PairSpec") -> Callable[[Analytic], Panel]:
        """A decorator that puts an analytic of a pair on every page of this Live.

        Notes
        -----
        Running the cell again swaps the function of the panel of that name; its chart goes on. A
        slip in the body shows in the panel's title, and its last good line stays.
        """
        spec = spec_of(pair)

        def put(analytic: Analytic) -> Panel:
            if not hasattr(analytic, "__name__"):
                raise UsageError(f"{brief(analytic)} is no panel: define a function of y and x")
            panel = self.panels.get(analytic.__name__)
            if panel is None:
                panel = Panel(analytic.__name__, spec, analytic, version=0)
            panel.edit(spec, analytic)
            self.panels[panel.name] = panel
            self._changes.touch()
            return panel

        return put

    def fill(self, last: "str | Micros | None" = None) -> None:
        """Fetch what was skipped at the start; with ``last="6h"`` everything back to then.

        Notes
        -----
        Returns at once; :meth:`health` says how far it is. Nothing happens for a source that has
        no past to ask.
        """
        back_us = None if last is None else micros(last)
        self._asked().fill(back_us)

    def cancel_fill(self) -> None:
        """Fill the history no further; what is missing of it is booked as skipped."""
        self._asked().cancel_fill()

    def reconcile(self, last: "str | Micros" = "1h") -> list[Difference]:
        """Compare each symbol's closed minutes with the exchange's, and mend what differs.

        Returns
        -------
        list of Difference
            Empty when all numbers are equal, and for a source that has no bars of its own.

        Raises
        ------
        FeedRefused
            When the exchange cannot be asked.
        """
        session = self._asked()
        since_us = session.tape.now_us - micros(last)
        return [found for s in self.symbols for found in session.audit(s, since_us)]

    def look_at(self, ts: "Micros | None") -> None:
        """What is missing near this moment is fetched first; None: the newest first.

        Notes
        -----
        A hint: where nothing is recorded, or while the recorder moves, nothing happens.
        """
        moment = None if ts is None else whole("ts", ts, 0, "a moment in µs UTC, or None")
        with contextlib.suppress(QuantliveError, duckdb.Error):
            self._asked().look_at(moment)

    def frame(self, settings: Settings, memo: "SeriesMemo | None" = None) -> Snapshot:
        """Everything a page shows for these settings, computed now.

        Parameters
        ----------
        memo : SeriesMemo
            The page's own; it makes a refresh cost one new bar.
        """
        session, settings = self._session, require_settings(settings)
        if session is None or self._why_closed:
            return blank(settings, self.health(), tuple(self.panels.values()))
        n_roles = session.recorder.n_roles
        try:
            return assemble(session.tape, session.watcher, settings, memo or SeriesMemo())
        except StoreLost:
            return blank(settings, self.health(), tuple(self.panels.values()))
        except (Closed, duckdb.Error):
            has_moved = session is not self._session or session.recorder.n_roles != n_roles
            if not has_moved and not self._why_closed:
                raise
            # The source was switched, the recorder moved or the Live closed amid the question.
            return self.frame(settings, memo)

    def export(self, what: str, fmt: str, settings: Settings) -> tuple[str, bytes]:
        """A file of the shown pair: its name and its content.

        Raises
        ------
        UsageError, StoreError
        """
        session, settings = self._asked(), require_settings(settings)
        store, venue, now_us = session.recorder.store, session.recorder.venue, session.tape.now_us
        what, fmt = require_text("what", what), require_text("the format", fmt)
        return export_bytes(store, what, fmt, settings, venue=venue, now_us=now_us)

    def _stream(self, session: Recording, symbols: tuple[str, ...]) -> None:
        """Stream these, after a stop too; a recording holds what it holds."""
        if not is_replay(self.source):
            self.options = replace(self.options, symbols=tuple(dict.fromkeys(symbols)))
            session.want(self.options.symbols)
