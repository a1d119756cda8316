"""Nothing outside a venue's folder knows its name, its hosts or its headers."""

import ast
import re
from urllib.parse import urlsplit

import pytest

from quantlive_nb.venue import DEFAULT, EXCHANGES, exchange
from tests.test_structure import MODULES, SOURCE, relative

EXCEPTIONS = {
    "quantlive_nb/demo.py": "the name of the recording that ships",
    "quantlive_nb/live/live.py": "the docstring that lists what `source` takes",
    "quantlive_nb/live/source.py": "the same list, of the options",
}
"""Where a user is told by name what can be recorded."""
OUTSIDE = [
    path
    for path in MODULES
    if path.relative_to(SOURCE).parts[0] not in ("venue", "testing")  # an exchange on loopback
]
VENUES = [exchange(name) for name in EXCHANGES]


def knowledge():
    """What only a venue's folder may say: names, module, hosts, headers."""
    hosts = {urlsplit(v.rest_url).hostname for v in VENUES}
    hosts |= {urlsplit(v.url(["A"])).hostname for v in VENUES}
    hosts |= {urlsplit(other.rest_url).hostname for v in VENUES if (other := v.elsewhere())}
    names = {name for v in VENUES for name in (v.name, type(v).__name__)}
    return {*hosts, *names, *(v.limits.weight_header for v in VENUES), "X-MBX"} - {""}


def spoken(path):
    """The text of a module without the examples of its docstrings."""
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False) or ""
            said, is_example, _ = docstring.partition("Examples\n")
            if is_example:
                text = text.replace(docstring, said)
    return text


@pytest.mark.parametrize("path", OUTSIDE, ids=relative)
def test_only_a_venues_folder_knows_it(path):
    """No name, host or header of a venue stands in another room, but for the reasons above."""
    if relative(path) in EXCEPTIONS:
        return
    words = "|".join(map(re.escape, sorted(knowledge())))
    found = re.findall(words, spoken(path), re.IGNORECASE)

    assert not found, f"{relative(path)} knows {', '.join(sorted(set(found)))}"


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_every_exception_is_needed(name):
    """An exception whose reason is gone goes too, and none of them is about code."""
    path = SOURCE.parent / name
    tree = ast.parse(path.read_text())
    strings = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]

    assert DEFAULT in spoken(path).lower()
    assert not {v.name for v in VENUES} & set(map(str, strings))
