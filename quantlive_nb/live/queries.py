"""Queries of a Live: bars, pairs, closes, SQL, a scan of all pairs. All are read-only."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from quantlive_nb.analytics import ScanResult
from quantlive_nb.analytics.cointegration.dickey_fuller import Lags
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import Micros, micros
from quantlive_nb.live.alerts import Alarms
from quantlive_nb.live.snapshot.scan_store import closes, screen
from quantlive_nb.name import require_text
from quantlive_nb.numeral import brief
from quantlive_nb.types import Bars, Pair, PairSpec

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Queries"]


class Queries(Alarms):
    """The queries of a Live."""

    @property
    def now_us(self) -> Micros:
        """Market time, µs UTC; 0 before the first trade."""
        session = self._session
        return 0 if session is None else session.tape.now_us

    def bars(self, symbol: str, every: "str | Micros", last: "str | Micros | None" = None) -> Bars:
        """The bars of a symbol up to now, the forming one last.

        Parameters
        ----------
        every, last : str or int
            Bar length, and how far back (None: everything recorded): ``"5s"``, ``"2h"``.
        """
        last_us = None if last is None else micros(last)
        return self._asked().tape.bars(symbol_in(symbol), micros(every), last_us)

    def pair(
        self, y: str, x: str, every: "str | Micros" = "1s", last: "str | Micros | None" = None
    ) -> Pair:
        """A snapshot of two symbols' closes on one grid; y is explained by x.

        Raises
        ------
        UsageError
            If both are the same symbol.
        """
        last_us = None if last is None else micros(last)
        spec = PairSpec(symbol_in(y), symbol_in(x), micros(every), last_us)
        self._asked().tape.check(spec)
        return self._asked().tape.pair(spec)

    def closes(
        self, *symbols: str, every: "str | Micros" = "1min", last: "str | Micros | None" = None
    ) -> "pd.DataFrame":
        """Closes of many symbols on one grid, one column each; for :func:`scan`.

        Parameters
        ----------
        *symbols : str
            Default: all that are streamed.
        every, last : str or int
            Bar length, and how far back (None: as far as all symbols reach).
        """
        import pandas as pd

        bars = [self.bars(symbol, every, last) for symbol in symbols or self.symbols]
        ts, prices, _ = closes(bars)
        index = pd.DatetimeIndex(ts.view("datetime64[us]"), tz="UTC", name="ts")
        return pd.DataFrame(prices, index=index)

    def sql(self, query: str, **params: object) -> "pd.DataFrame":
        """Run a SELECT; ``$name`` in the query is replaced by a keyword argument.

        Raises
        ------
        StoreError
            When the SQL is invalid.
        """
        return self._asked().recorder.store.sql(require_text("the query", query), params)

    def scan(
        self,
        every: "str | Micros" = "1min",
        last: "str | Micros | None" = None,
        *,
        lags: Lags = "aic",
        holdout: float = 0.3,
        cost_bps: float = 10.0,
        progress: "Callable[[int, int], object] | None" = None,
        cancel: "Callable[[], bool] | None" = None,
    ) -> ScanResult:
        """Test every ordered pair of the streamed symbols for cointegration.

        Parameters
        ----------
        every, last : str or int
            Bar length, and how far back (None: as far as all symbols reach).
        lags, holdout, cost_bps, progress, cancel
            As :func:`quantlive_nb.analytics.scan.scan` takes them.

        Returns
        -------
        ScanResult
            A symbol that traded in less than half of the bars is left out, with the reason.

        Raises
        ------
        UsageError
            If fewer than two symbols are left.
        NotEnoughData
            If there are too few bars.
        """
        for name, given in (("progress", progress), ("cancel", cancel)):
            if given is not None and not callable(given):
                raise UsageError(f"{name} is {brief(given)}: give a function")
        recorder = self._asked().recorder
        return screen(
            recorder.store,
            recorder.venue,
            tuple(s for s in self.symbols if (recorder.venue, s) in recorder.store.newest),
            every_us=micros(every),
            last_us=None if last is None else micros(last),
            lags=lags,
            holdout=holdout,
            cost_bps=cost_bps,
            progress=progress,
            cancel=cancel,
        )


def symbol_in(text: str) -> str:
    """Normalize a symbol; symbols of a recording may have any characters.

    Examples
    --------
    >>> symbol_in(" btcusdt ")
    'BTCUSDT'
    """
    return require_text("a symbol", text).strip().upper()
