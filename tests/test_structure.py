"""Rules of the source tree: mirrored tests, exports, light imports, sizes, names, privacy."""

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCE = ROOT / "quantlive_nb"
MODULES = sorted(SOURCE.rglob("*.py"))
PYTHON = sorted([*MODULES, *(ROOT / "tests").rglob("*.py")])
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

CROSSING = {"contract", "kernel", "browser", "bench", "typing"}
"""Folders of tests that cross rooms, so no single source file is their mirror."""
ABOUT_ALL = {"test_structure.py", "test_environment.py", "test_notebooks.py"}
"""Tests about the project as a whole."""
TESTED_HERE = {SOURCE / "__init__.py"}
"""What the package exports, and how lightly, is tested in this file."""
HEAVY = {"statsmodels", "scipy.stats", "arch", "numba", "pyarrow", "bqplot", "pandas", "voila"}
"""Libraries that cost a kernel seconds or tens of MB: loaded by what uses them."""

ROLES = {"base", "server", "client", "engine", "stream", "rest", "limits", "message", "export"}
"""Module names that say a role within a package, and so may occur in several."""
SUBJECTS = {"bars", "trades", "alerts"}
"""Subjects that several rooms have a module about."""
VERBS = {"dashboard", "lab", "record", "verify", "scan", "import", "snapshot", "backtest", "doctor"}
"""Subcommands of the console script: the module that parses one may share its name."""
ASKS_FOR_A_KIND = {
    "quantlive_nb/live/recorder.py",
}
"""Modules that still ask which store or feed they hold. Remove from this set; add nothing."""


def relative(path: Path) -> str:
    """The path inside the repository, for messages and test names."""
    return path.relative_to(ROOT).as_posix()


def has_code(path: Path) -> bool:
    """Whether a module does something: declared shapes and lists of names need no test."""
    every = ast.walk(ast.parse(path.read_text()))
    bodies = [n.body for n in every if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(not isinstance(line, ast.Expr) for body in bodies for line in body)


def mirror(path: Path) -> Path:
    """The test file of a module."""
    inside = path.relative_to(SOURCE)
    return ROOT / "tests" / inside.parent / f"test_{inside.stem.strip('_')}.py"


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length of every function of a file, its docstring not counted."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False) or ""
            yield node.name, node.end_lineno - node.lineno + 1 - docstring.count("\n")


def implementations() -> dict[str, str]:
    """Class name to room of every store (``sql``, ``close``) and feed (``events``, ``aclose``)."""
    kinds = {"store": {"sql", "close"}, "share": {"sql", "close"}, "feed": {"events", "aclose"}}
    found = {}
    for room, methods in kinds.items():
        for path in (SOURCE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and "Protocol" not in map(
                    ast.unparse, node.bases
                ):
                    own = {getattr(member, "name", "") for member in node.body}
                    found |= {node.name: room} if methods <= own else {}
    return found


def kinds_asked(path: Path) -> set[str]:
    """Names in the second argument of each ``isinstance`` and ``issubclass`` of a file."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    asks = [c for c in calls if ast.unparse(c.func) in ("isinstance", "issubclass")]
    return {name for ask in asks for name in re.findall(r"\w+", ast.unparse(ask.args[1]))}


def exports() -> list[tuple[str, str]]:
    """Module and name of everything in an ``__all__``."""
    names = [relative(path).removesuffix(".py").replace("/", ".") for path in MODULES]
    modules = [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]
    return [(m, name) for m in modules for name in getattr(import_module(m), "__all__", ())]


def tracked() -> list[Path]:
    """The files that are, or are about to be, in the repository."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for path in map(ROOT.joinpath, names.splitlines()) if path.is_file()]


def test_every_module_has_its_test_file() -> None:
    """A module that does something has a test file at the mirrored path."""
    testable = [path for path in MODULES if has_code(path) and path not in TESTED_HERE]
    missing = {relative(mirror(path)) for path in testable if not mirror(path).exists()}

    assert not missing, f"write {', '.join(sorted(missing))}"


def test_every_test_file_has_its_module() -> None:
    """A test file mirrors a module, or is one of the few that are about many."""
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if path.name not in ABOUT_ALL]
    inside = [path for path in tests if path.relative_to(ROOT / "tests").parts[0] not in CROSSING]
    orphans = set(inside) - {mirror(path) for path in MODULES}

    assert not orphans, f"no module for {', '.join(sorted(map(relative, orphans)))}"


def test_exported_names_exist() -> None:
    """Every name in an ``__all__`` is there, so that a star import works."""
    absent = [f"{m}.{name}" for m, name in exports() if not hasattr(import_module(m), name)]

    assert not absent


def test_the_package_offers_what_its_rooms_offer() -> None:
    """What ``import quantlive_nb as ql`` shows is an object that one of its rooms offers too."""
    package = import_module("quantlive_nb")
    offered = {id(getattr(import_module(m), n)) for m, n in exports() if m != "quantlive_nb"}
    strays = [name for name in package.__all__ if id(getattr(package, name)) not in offered]

    assert not set(strays) - {"__version__"}


def test_every_public_name_shows_an_example() -> None:
    """The docstring of every public class and function has an Examples section, which is run."""
    public = [(m, n) for m, n in exports() if m in ("quantlive_nb", "quantlive_nb.testing")]
    values = {f"{m}.{name}": getattr(import_module(m), name) for m, name in public}
    bare = [n for n, v in values.items() if callable(v) and "Examples\n" not in (v.__doc__ or "")]

    assert not bare, f"no Examples section: {', '.join(bare)}"


def test_importing_is_light() -> None:
    """``import quantlive_nb`` loads none of the heavy libraries."""
    code = "import sys, quantlive_nb; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert run.returncode == 0, run.stderr
    assert not HEAVY & set(run.stdout.split())


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_files_and_functions_are_short(path: Path) -> None:
    """No file is over 300 lines, no function over 40: a longer one holds a second idea."""
    n_lines = len(path.read_text().splitlines())
    long = {name: length for name, length in functions(path) if length > 40}

    assert n_lines <= 300, f"{relative(path)} has {n_lines} lines"
    assert not long, f"{relative(path)}: {long}"


def test_folders_are_small() -> None:
    """No folder of the package holds more than 16 modules: a larger one holds two subjects."""
    folders = Counter(relative(path.parent) for path in MODULES if not path.stem.startswith("__"))
    large = {folder: n for folder, n in folders.items() if n > 16}

    assert not large, f"split by subject: {large}"


def test_module_names_are_unique() -> None:
    """A module name has one meaning, unless it is a role, a subject or a subcommand."""
    names = Counter(path.stem for path in MODULES if not path.stem.startswith("__"))
    doubled = {name for name, n in names.items() if n > 1} - ROLES - SUBJECTS - VERBS

    assert not doubled, f"two modules are called {', '.join(sorted(doubled))}"


def test_no_private_name_is_imported() -> None:
    """A module imports no name of another that begins with an underscore."""
    imports = [
        (path, node, alias.name)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("quantlive_nb")
        for alias in node.names
    ]
    parts = [(path, [*node.module.split("."), name]) for path, node, name in imports]
    private = {
        f"{relative(path)} imports {'.'.join(full)}"
        for path, full in parts
        if any(part.startswith("_") and not part.endswith("__") for part in full)
    }

    assert not private, "\n".join(sorted(private))


def test_no_module_asks_for_an_implementation() -> None:
    """Outside its own room no module asks by ``isinstance`` which store or feed it holds."""
    homes = implementations()
    assert {"Store", "WebSocketFeed", "Replay", "Simulated"} <= set(homes), "the search finds them"
    asking = {
        relative(path)
        for path in MODULES
        for name in kinds_asked(path) & set(homes)
        if path.relative_to(SOURCE).parts[0] != homes[name]
    }

    assert not asking - ASKS_FOR_A_KIND, "use what Reader, Writer and Feed offer instead"
    assert not ASKS_FOR_A_KIND - asking, "well done: remove these from ASKS_FOR_A_KIND"


def test_files_name_no_registry_and_no_home() -> None:
    """No file says where packages came from, or where somebody's home folder is."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files belong")
    place = re.compile(
        r"pypi[.]org|pythonhosted[.]org|npmjs[.]org|debian[.]org|anaconda[.]org"
        r"|/(home|Users)/\w|/roo[t]/|/tmp/\w"
    )
    texts = [path for path in tracked() if path.suffix not in (".png", ".gz", ".parquet")]
    found = {relative(path): place.search(path.read_text(errors="replace")) for path in texts}

    assert not {name: match[0] for name, match in found.items() if match}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=relative)
def test_notebooks_are_clean(path: Path) -> None:
    """A notebook is committed without outputs, and no cell is over 15 lines."""
    cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    lengths = [len("".join(cell["source"]).splitlines()) for cell in cells]

    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)
    assert max(lengths, default=0) <= 15, f"cell lengths: {lengths}"


def test_readme_names_every_subcommand() -> None:
    """A reader of the README meets every subcommand of the console script."""
    command = [sys.executable, "-m", "quantlive_nb", "--help"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    names = re.findall(r"^ {4}([a-z]+)\b", run.stdout, re.MULTILINE)
    assert names, "the help lists no subcommands"

    readme = (ROOT / "README.md").read_text()
    absent = [name for name in names if not re.search(rf"quantlive \[?{name}\b", readme)]

    assert not absent
