"""What a page must show of a recording, computed here from the recording's trades."""

from collections.abc import Iterator

import numpy as np

from quantlive_nb.analytics import pair_series, summary
from quantlive_nb.interval import SECOND
from quantlive_nb.live.snapshot.market_data import paired
from quantlive_nb.live.snapshot.scan_store import screen
from quantlive_nb.settings import Settings
from quantlive_nb.store import BarReader, Store

__all__ = ["confirmations", "expected", "is_scan_of"]

SETTINGS = Settings("ETHUSDT", "BTCUSDT")


def confirmations(truth: Store, now_us: int) -> Iterator[None]:
    """Confirm the store up to each second at which the page's last bar may have closed.

    The exchange trades no more and still answers, so that bars without trades are confirmed one
    after the other, up to the page's clock.
    """
    newest = max(truth.newest.values())
    for upto_us in range(newest // SECOND * SECOND, now_us + SECOND, SECOND):
        truth.confirmed = dict.fromkeys(truth.newest, upto_us)
        yield


def expected(truth: Store, now_us: int) -> dict[str, float]:
    """Each number of the page at a market time, by the selector of its element."""
    reader, spec = BarReader(truth), SETTINGS.spec
    start = now_us - spec.last_us
    y, x = (
        reader.bars("binance", s, spec.every_us, now_us=now_us, start_us=start)
        for s in (spec.y, spec.x)
    )
    series = pair_series(paired(spec, y, x), SETTINGS.windows)
    price = summary(y.closed.close[-SETTINGS.bars :])
    return {
        ".ql-chart-y .ql-last": y.close[-1],
        ".ql-chart-x .ql-last": x.close[-1],
        ".ql-stat-mean-y": price.mean,
        ".ql-stat-std-y": price.std,
        ".ql-stat-min-y": price.min,
        ".ql-stat-max-y": price.max,
        ".ql-stat-spread": series.spread[-1],
        ".ql-stat-zscore": series.zscore[-1],
        ".ql-stat-correlation": series.correlation[-1],
    }


def is_scan_of(truth: Store, shown: list[list[str | float]]) -> bool:
    """Whether the rows of the page's scan are those that this process computes."""
    want = screen(truth, "binance", (), every_us=SECOND, last_us=3_600 * SECOND, lags=1)
    columns = (want.stat, want.p, want.q, want.correlation, want.beta, want.holdout_p)
    pairs = [list(pair) for pair in zip(want.y, want.x, strict=True)]
    numbers = [row[2:] for row in shown]
    return [row[:2] for row in shown] == pairs and np.allclose(
        numbers, np.transpose(columns), rtol=1e-9, atol=0
    )
