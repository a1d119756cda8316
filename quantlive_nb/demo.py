"""The recording that ships with the package, and which sources are recordings.

``data/THIRD_PARTY.md`` names its author and licence.
"""

from pathlib import Path

__all__ = ["DATA", "DEMO", "is_replay", "recording_of"]

DEMO = "demo"
"""The source that plays the recording that ships: five minutes of BTCUSDT and ETHUSDT in 2024."""
DATA = Path(__file__).parent / "data"
"""The folder of that recording: its frames, its trades, and bars to test against."""
TRADES = DATA / "binance_spot_btcusdt_ethusdt_20240808T2354.trades.parquet"
REPLAY = "replay:"


def is_replay(source: str) -> bool:
    """Whether a source is a recording, not a market that is open now.

    Examples
    --------
    >>> is_replay("demo"), is_replay("replay:a.parquet"), is_replay("binance")
    (True, True, False)
    """
    return source == DEMO or source.startswith(REPLAY)


def recording_of(source: str) -> str:
    """The path of a source that is a recording; empty for one that is not.

    Examples
    --------
    >>> recording_of("replay:a.parquet"), recording_of("binance")
    ('a.parquet', '')
    >>> Path(recording_of("demo")).is_file()
    True
    """
    if source == DEMO:
        return str(TRADES)
    return source.removeprefix(REPLAY) if is_replay(source) else ""
