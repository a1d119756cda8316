"""What the arguments of a command mean when they are not given."""

import argparse
from unittest.mock import Mock

import duckdb
import numpy as np
import pytest

from quantlive_nb.cli import arguments
from quantlive_nb.cli.main import main
from quantlive_nb.live.source import default_db
from quantlive_nb.store import Store
from quantlive_nb.types import Trades
from tests.lives import market


def parsed(options, *given):
    """What a command with some options is told."""
    sub = argparse.ArgumentParser(exit_on_error=False)
    options(sub)
    return sub.parse_args(given)


def test_a_scan_takes_everything_that_is_recorded():
    """Unless told otherwise: every symbol, minutes, lags by AIC, a third to judge."""
    args = parsed(arguments.scan_options)

    assert (args.db, args.symbols, args.every, args.lags) == (default_db(), "", "1min", "aic")
    assert parsed(arguments.scan_options, "--lags", "2").lags == 2


def test_a_scan_prints_its_table_or_writes_it(tmp_path, capsys):
    """Both orders of a pair, the best first; all columns in a file; a failure is one sentence."""
    db, out = tmp_path / "t.duckdb", tmp_path / "pairs.csv"
    x, noise = np.random.default_rng(5).normal(size=(2, 240))
    x = 11.0 + 2e-3 * x.cumsum()
    prices = zip(np.exp(0.8 * x + 2e-3 * noise), np.exp(x), strict=True)
    store = Store(db)
    store.append(Trades.of(market(list(prices))))
    store.close()
    options = ["scan", "--db", str(db), "--every", "1s", "--lags", "1"]
    assert main(options) == 0
    said = capsys.readouterr().out
    assert main([*options, "--out", str(out)]) == 0
    assert main([*options, "--symbols", "BTCUSDT"]) == 1

    assert said.startswith("ScanResult(2 pairs; 2 at q ≤ 0.05; best ")
    assert len(said.splitlines()) == 4
    assert duckdb.sql(f"FROM '{out}'").columns[:5] == ["y", "x", "stat", "p", "q"]
    assert "there is only BTCUSDT" in capsys.readouterr().err


def test_lags_are_a_number_or_aic():
    """Anything else is refused by name."""
    with pytest.raises(argparse.ArgumentError, match="--lags"):
        parsed(arguments.scan_options, "--lags", "some")


def test_the_page_is_for_this_machine():
    """Nobody else is served unless an address says so."""
    args = parsed(arguments.dashboard_options)

    assert (args.host, args.port, args.token, args.warm) == ("127.0.0.1", 8866, "", 0)


def test_an_export_needs_a_file():
    """There is no default that could be written over."""
    with pytest.raises((argparse.ArgumentError, SystemExit)):
        parsed(arguments.export_options)


@pytest.mark.parametrize(("options", "theme"), [([], "auto"), (["--theme", "dark"], "dark")])
def test_a_theme_that_nobody_chose_is_the_systems(monkeypatch, options, theme):
    """The kernels are told whether one was chosen; Voilà itself knows light and dark alone."""
    served = Mock(return_value=0)
    monkeypatch.setattr("quantlive_nb.serve.server.serve", served)
    assert main(["dashboard", "--no-browser", *options]) == 0
    (environment,), given = served.call_args

    assert environment["QUANTLIVE_THEME"] == theme
    assert given["theme"] == ("dark" if theme == "dark" else "light")


@pytest.mark.parametrize("text", ["0", "-5", "nan", "inf", "soon"])
def test_a_recording_lasts_longer_than_nothing(text, capsys):
    """``--for 0`` would record without end, and so would no number."""
    with pytest.raises(SystemExit):
        main(["record", "--source", "simulated", "--for", text])

    assert "--for" in capsys.readouterr().err
