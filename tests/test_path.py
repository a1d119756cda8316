"""What a user types as a path is a path, or one sentence says why not."""

import pytest

from quantlive_nb.cli.main import main
from quantlive_nb.errors import UsageError
from quantlive_nb.path import expanded
from quantlive_nb.store import Store
from tests.tape import SECOND, batch, trade

ODD = ["~nobody-at-all/x.csv", "\udcff.csv", "a\0b.csv"]


@pytest.mark.parametrize("name", ODD)
def test_a_path_that_can_mean_no_file_is_refused(name):
    """An unknown user's folder, bytes that are no text, NUL: one sentence."""
    with pytest.raises(UsageError, match=r"no such user|rename it|another name"):
        expanded(name)


@pytest.mark.parametrize("name", ODD)
def test_no_command_shows_a_traceback_for_a_path(name, tmp_path, capsys):
    """Wherever a command takes a path: to read, to write, to replay."""
    store = Store(tmp_path / "t.duckdb")
    store.append(batch(*[trade(i, i * SECOND) for i in (1, 2, 3)]))
    store.close()
    db = str(tmp_path / "t.duckdb")

    assert main(["export", "--db", db, "--out", name]) == 1
    assert main(["verify", "--db", name]) == 2
    assert main(["record", "--db", name, "--source", "simulated", "--for", "0.1"]) == 1
    assert main(["record", "--source", f"replay:{name}", "--db", ":memory:"]) == 1
    assert main(["doctor", "--db", name, "--source", "simulated"]) == 1
    with pytest.raises(SystemExit):
        main(["dashboard", "--recordings", name])
    assert "Traceback" not in capsys.readouterr().err
