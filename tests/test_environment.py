"""The ways to install agree with each other, and with what the source imports."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
EXTRAS = PROJECT["optional-dependencies"]
ASKED = [*PROJECT["dependencies"], *EXTRAS["dashboard"], *EXTRAS["stats"]]
"""What runs everything, but for the extension of DuckDB."""
LOCKED = (ROOT / "constraints.txt").read_text().splitlines()

SEAMS = ["bqplot", "duckdb", "ipykernel", "jupyter-client", "jupyter-server", "voila", "websockets"]
"""Packages whose inside we lean on."""
RUN_ONLY = {"bqplot", "python-socks", "socksio"}
"""One runs in the browser, the others below websockets and httpx: no import shows the need."""


def name_of(requirement: str) -> str:
    """The normalised name of the package that a requirement asks for."""
    match = re.match(r"[\w.-]+", requirement)
    assert match, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def third_party(folder: Path) -> set[str]:
    """Distributions of what the modules below a folder import."""
    owners, found = packages_distributions(), set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            tops = {name.split(".")[0] for name in names}
            found |= {name_of(owners[top][0]) for top in tops & owners.keys()}
    return found - set(sys.stdlib_module_names) - {"quantlive-nb"}


def test_conda_asks_for_what_pyproject_asks_for() -> None:
    """Conda's environment has the same Python and the same ranges as pyproject."""
    plain = [entry for entry in CONDA["dependencies"] if isinstance(entry, str)]
    named = {entry.replace("python-duckdb", "duckdb").replace("arch-py", "arch") for entry in plain}
    conda = named - {"pip"}

    assert conda == {*ASKED, f"python{PROJECT['requires-python']}"}


def test_every_dependency_is_locked() -> None:
    """Each package named in pyproject has one exact version in constraints.txt."""
    asked = {name_of(asked) for asked in chain(PROJECT["dependencies"], *EXTRAS.values())}
    locked = [line.split("==")[0] for line in LOCKED]

    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+", line) for line in LOCKED)
    assert len(locked) == len(set(locked))
    assert asked - {"quantlive-nb"} <= set(locked)


def test_lock_suits_the_signed_extensions() -> None:
    """The locked duckdb is the one that the extensions in the share extra are built for."""
    share = {line.split("==")[1] for line in EXTRAS["share"]}

    assert {f"duckdb=={version}" for version in share} <= set(LOCKED)


def test_imports_are_declared() -> None:
    """The package imports what pyproject asks for: nothing more, nothing for nothing."""
    declared = {name_of(requirement) for requirement in ASKED}
    shared = {name_of(requirement) for requirement in EXTRAS["share"]}

    imported = third_party(ROOT / "quantlive_nb")

    assert imported - shared <= declared
    assert declared - imported <= RUN_ONLY


def test_a_recorder_needs_no_page() -> None:
    """``quantlive record`` runs on the bare dependencies, and loads nothing of any extra."""
    extras = {name_of(asked) for name in ("dashboard", "stats") for asked in EXTRAS[name]}
    code = (
        "import sys; from quantlive_nb.cli.main import main; "
        "main(['record', '--source', 'simulated', '--for', '0.1']); "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    owners = packages_distributions()
    loaded = {name_of(owner) for top in run.stdout.split() for owner in owners.get(top, ())}

    assert "duckdb" in loaded
    assert not loaded & extras


def test_what_make_installs_is_all() -> None:
    """``[all]`` is every extra that a user could want, and what each verb of make installs."""
    (asked,) = EXTRAS["all"]
    makefile = (ROOT / "Makefile").read_text()

    assert asked == "quantlive_nb[dashboard,stats,share]"
    assert re.findall(r"EXTRAS := (\w+)", makefile) == ["all"] * 4


@pytest.mark.parametrize("name", SEAMS)
def test_a_seam_on_internals_has_an_upper_bound(name: str) -> None:
    """What leans on another package's inside does not meet a version that nobody has tried."""
    (asked,) = [one for one in ASKED if name_of(one) == name]

    assert re.search(r"<[\d.]+", asked)
