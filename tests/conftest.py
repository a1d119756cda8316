"""What every test has: a clean environment of its own, and the recorded market data."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from quantlive_nb import demo

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = Path(os.environ.get("QUANTLIVE_DATA") or ROOT.parent / "shared" / "data")
IS_CI = os.environ.get("CI") == "true"

KEEP_PACE = {"kernel", "notebook", "browser", "bench", "soak"}
"""Tests of a kernel or a server, which asyncio's checks would slow."""

APART = ("tests/browser/", "tests/kernel/", "tests/test_notebooks.py")
"""Where these are: there is one machine for them."""

# Benchmarks need packages that no other test needs.
collect_ignore = [] if importlib.util.find_spec("websocket") else ["bench"]

# Chance differs from run to run, and a failure prints what reproduces it; time is not judged on a
# machine that others share.
hypothesis.settings.register_profile(
    "quantlive", deadline=None, derandomize=False, max_examples=50, print_blob=True
)
hypothesis.settings.load_profile("quantlive")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Kernels, servers and browsers run one after the other, beside all the rest.

    They take longest, so they begin at once: files go to the workers in the order of collection.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Beside(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "apart" if nodeid.startswith(APART) else nodeid.split("::", maxsplit=1)[0]

    config.option.loadscopereorder = False
    return Beside(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that stand apart come first, in whatever order they were shuffled."""
    items.sort(key=lambda item: not item.nodeid.startswith(APART))


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the user's settings comes in, for servers and kernels of many tests too."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("QUANTLIVE_")]:
            patch.delenv(name)
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "XDG_DATA_HOME"):
            patch.setenv(name, str(home / name.lower()))
        yield


@pytest.fixture(autouse=True)
def own_environment(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A test's default database is its own; unit tests run asyncio's checks."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if KEEP_PACE.isdisjoint(mark.name for mark in request.node.iter_markers()):
        monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the recording that ships with the package."""
    return demo.DATA


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of further recorded data, which lie outside the repository."""
    if not SHARED_DATA.is_dir() or not any(SHARED_DATA.iterdir()):
        reason = f"no market data in {SHARED_DATA}: set QUANTLIVE_DATA to its folder"
        (pytest.fail if IS_CI else pytest.skip)(reason)
    return SHARED_DATA
