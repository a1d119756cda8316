"""Packages outside their ranges, and packages that are missing."""

from importlib import metadata

import pytest

from quantlive_nb import requirement
from quantlive_nb.cli.main import main
from quantlive_nb.errors import UsageError
from quantlive_nb.requirement import Requirement, needing, outside, require_extra, requirements

NEEDED = ["duckdb<1.6,>=1.5", "voila<0.6,>=0.5; extra == 'dashboard'", "arch>=8; extra == 'stats'"]


@pytest.fixture
def installed(monkeypatch):
    """What is installed, as a test has it."""
    versions = {"duckdb": "1.5.5", "voila": "0.5.13", "arch": "8.0.0"}

    def version(name):
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(requirement.metadata, "version", version)
    monkeypatch.setattr(requirement.metadata, "requires", lambda _: NEEDED)
    return versions


@pytest.mark.parametrize(
    ("text", "version", "is_admitted"),
    [
        ("a<1.6,>=1.5", "1.5", True),
        ("a<1.6,>=1.5", "1.5.99.post1", True),
        ("a<1.6,>=1.5", "1.6.0.dev1", False),
        ("a<1.6,>=1.5", "1.4.9", False),
        ("a<18", "17.4", True),
        ("a<18", "18", False),
        ("a==1.5.5", "1.5.5", True),
        ("a==1.5.5", "1.5.6", False),
        ("a (>=2)", "2.0.0", True),
        ("a", "0.0.1", True),
    ],
)
def test_a_version_is_inside_or_outside(text, version, is_admitted):
    """Numbers are compared as numbers, and a preview is not the version before."""
    assert Requirement.read(text).admits(version) == is_admitted


def test_the_package_outside_is_named_in_one_sentence(installed, capsys):
    """At the start, with what installs the right one; of what is right nothing is said."""
    assert outside("dashboard", "stats") == ""
    installed["voila"] = "0.6.1"
    assert outside() == ""
    sentence = (
        "untested versions may fail (voila is 0.6.1, not <0.6,>=0.5): pip install 'voila<0.6,>=0.5'"
    )
    assert outside("dashboard", "stats") == sentence

    assert main(["record", "--source", "simulated", "--for", "0.1"]) == 0
    assert capsys.readouterr().err == f"quantlive: {sentence}\n"


def test_what_is_missing_is_named_with_what_installs_it(installed, capsys):
    """``quantlive`` without the dashboard's packages: one sentence, no traceback."""
    del installed["voila"]

    assert main(["dashboard", "--no-browser"]) == 1
    wanted = "quantlive: the dashboard needs voila: pip install 'quantlive_nb[all]'\n"
    assert capsys.readouterr().err == wanted
    assert main(["lab", "--no-browser"]) == 1
    assert outside("dashboard") == ""  # what is missing is not outside


def test_only_the_first_of_many_are_named(installed, monkeypatch):
    """Thirteen names are no sentence."""
    many = [f"p{i}; extra == 'dashboard'" for i in range(13)]
    monkeypatch.setattr(requirement.metadata, "requires", lambda _: many)

    with pytest.raises(UsageError, match=r"the page needs p0, p1, p2 and 10 more: pip install"):
        require_extra("dashboard", "the page")


def test_a_missing_import_is_a_sentence():
    """But what is missing of this package itself is a fault, which is not hidden."""
    sentence = r"x needs absent: pip install 'quantlive_nb\[stats\]'"
    with pytest.raises(UsageError, match=sentence), needing("stats", "x"):
        raise ModuleNotFoundError("no", name="absent")
    with pytest.raises(ModuleNotFoundError), needing("stats", "x"):
        raise ModuleNotFoundError("no", name="quantlive_nb.absent")


def test_a_checkout_that_is_not_installed_is_not_judged(monkeypatch):
    """Nothing says what it needs."""

    def absent(_):
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(requirement.metadata, "requires", absent)

    assert requirements("dashboard") == ()
    assert outside("dashboard") == ""
