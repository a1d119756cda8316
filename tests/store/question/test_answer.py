"""What the process that records may be asked: it stays small, and goes on writing."""

import threading

import pytest

from quantlive_nb.errors import StoreError
from quantlive_nb.store.question.memory_watch import resident_mb
from quantlive_nb.store.question.question_budget import Budget
from tests.tape import batch, many, trade

GREEDY = (
    "SELECT repeat('x', 3000000000) AS s",
    "SELECT list(x) FROM range(100000000) t(x)",
    "SELECT string_agg(x::VARCHAR, ',') FROM range(100000000) t(x)",
    "SELECT unnest(range(100000000))",
    "SELECT list(price) OVER () FROM trades",
    "SELECT median(x) FROM range(100000000) t(x)",
    "SELECT x, count(*) FROM range(100000000) t(x) GROUP BY x",
    "FROM range(100000000) t(x) ORDER BY hash(x)",
    "WITH RECURSIVE t(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM t) SELECT max(s) FROM t",
)
"""Each needs gigabytes."""
MOST_MB = 300


class Peak:
    """The most memory that this process has while a block runs."""

    def __enter__(self):
        self.begun_mb = self.most_mb = resident_mb()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()

    def _look(self):
        while not self._is_over.wait(0.002):
            self.most_mb = max(self.most_mb, resident_mb())


@pytest.mark.parametrize("query", GREEDY)
def test_no_question_makes_the_recording_process_large(store, query):
    """What is greedy is a sentence that says what to do; the next trade is stored all the same."""
    store.append(many("BTCUSDT", 5_000))
    store.budget = Budget(seconds=60)
    with Peak() as peak, pytest.raises(StoreError) as told:
        store.sql(query)

    assert peak.most_mb - peak.begun_mb < MOST_MB
    assert "pandas" in str(told.value) or "needs more than 128 MB: ask for fewer" in str(told.value)
    assert "\n" not in str(told.value)
    assert store.append(batch(trade(10**6))) == 1
    assert store.sql("SELECT count(*) AS n FROM trades").n.item() == 5_001


def test_an_answer_of_the_most_rows_is_given(store):
    """All columns of 200 000 trades fit; so do windows and medians of them."""
    store.append(many("BTCUSDT", 200_000))

    assert len(store.sql("FROM trades")) == 200_000
    steps = "SELECT price - lag(price) OVER (ORDER BY trade_id) AS step FROM trades"
    assert len(store.sql(f"SELECT median(step) FROM ({steps})")) == 1
