"""The ways to install agree with each other, and with what the source imports."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import yaml

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
LOCKED = (ROOT / "constraints.txt").read_text().splitlines()

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

    assert conda == {*PROJECT["dependencies"], f"python{PROJECT['requires-python']}"}


def test_every_dependency_is_locked() -> None:
    """Each package named in pyproject has one exact version in constraints.txt."""
    extras = PROJECT["optional-dependencies"].values()
    asked = {name_of(asked) for asked in chain(PROJECT["dependencies"], *extras)}
    locked = [line.split("==")[0] for line in LOCKED]

    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+", line) for line in LOCKED)
    assert len(locked) == len(set(locked))
    assert asked - {"quantlive-nb"} <= set(locked)


def test_lock_suits_the_signed_extensions() -> None:
    """The locked duckdb is the one that the extensions in the share extra are built for."""
    share = {line.split("==")[1] for line in PROJECT["optional-dependencies"]["share"]}

    assert {f"duckdb=={version}" for version in share} <= set(LOCKED)


def test_imports_are_declared() -> None:
    """The package imports what pyproject asks for: nothing more, nothing for nothing."""
    declared = {name_of(requirement) for requirement in PROJECT["dependencies"]}
    shared = {name_of(requirement) for requirement in PROJECT["optional-dependencies"]["share"]}

    imported = third_party(ROOT / "quantlive_nb")

    assert imported - shared <= declared
    assert declared - imported <= RUN_ONLY
