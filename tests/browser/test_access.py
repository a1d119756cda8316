"""What a visitor can reach and what not: files, code, and without the token anything at all."""

import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from quantlive_nb.serve.server import notebooks
from quantlive_nb.share.server import Share
from quantlive_nb.store import Store
from tests.browser.conftest import listen
from tests.browser.line import Line, channels, kernel_of, line
from tests.browser.screen import Screen
from tests.browser.serving import Server, serving, until
from tests.lives import market, write_frames

pytestmark = pytest.mark.browser

BASE = "/user/me/quant"
"""Where JupyterHub would put it."""
FILES = ("t.duckdb", "t.duckdb.share", "t.duckdb.wal", "dashboard.ipynb", "mine.py", "voila.json")
TRICKS = (
    "voila/files/{}",
    "{}",
    "voila/files/./{}",
    "voila/files/%2e%2f{}",
    "voila/files/sub/..%2f{}",
    "voila/files//{}",
    "voila/files/{}%00.png",
    "voila/files/{}%0a.png",
    "voila/files/{}?x=.png",
    "voila/static/../../{}",
    "voila/static/..%2f..%2f..%2f{}",
    "voila/static/{absolute}",
    "voila/static//{absolute}",
    "voila/templates/lab/static/..%2f..%2f{}",
    "voila/templates/lab/static/{absolute}",
    "voila/labextensions/..%2f{}",
    "voila/labextensions/{absolute}",
    "voila/api/themes/..%2f{}",
    "voila/render/{}",
    "voila/api/contents/{}",
    "files/{}",
    "api/contents/{}",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The shipped notebook and settings, beside a database that is shared, its log, a program."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("dashboard.ipynb", "voila.json"):
        shutil.copy(notebooks() / name, folder)
    (folder / "sub").mkdir()
    (folder / "tapes").mkdir()
    (folder / "tapes" / "out.parquet").symlink_to(folder / "mine.py")
    write_frames(folder / "tapes" / "ours.frames.jsonl.gz", market([(1.0, 2.0), (1.5, 2.5)]))
    (folder / "mine.py").write_text("PASSWORD = 'SECRET'")
    with closing(Store(str(folder / "t.duckdb"))) as store, closing(Share(store)):
        store.cursor().execute("CREATE TABLE mine AS SELECT 1")
        yield folder


@pytest.fixture(scope="module")
def plain(folder: Path) -> Iterator[Server]:
    """A plain `voila` in that folder, at a base URL; the market is simulated."""
    command = ("voila", "dashboard.ipynb", "--no-browser", f"--Voila.base_url={BASE}/")
    told = {"QUANTLIVE_SOURCE": "simulated", "QUANTLIVE_RECORDINGS": str(folder / "tapes")}
    with serving(*command, folder=folder, **told) as server:
        server.url += BASE
        yield server


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`quantlive` on every address, at a base URL, with a token that it has made up."""
    command = ("quantlive_nb", "--host=0.0.0.0", "--source=simulated", "--no-browser")
    base = f"--Voila.base_url={BASE}/"
    with serving(*command, base, folder=tmp_path_factory.mktemp("exposed")) as server:
        server.url += BASE
        yield server


def get(url: str, path: str, **headers: str) -> tuple[int, str, bytes]:
    """Status, place and body of a path exactly as it is spelled; redirections are followed."""
    place = urlsplit(url)
    for _ in range(5):
        with closing(HTTPConnection(place.hostname or "", place.port, timeout=60)) as caller:
            caller.request("GET", path, headers=headers)
            answer = caller.getresponse()
            body = answer.read()
        if answer.status != 302:
            return answer.status, path, body
        path = answer.headers["Location"]
    raise AssertionError(f"{path}: redirected for ever")


def visit(server: Server, **headers: str) -> str:
    """Open the page without a browser; the kernel that runs for it."""
    place = urlsplit(server.url)
    _, _, body = get(server.url, f"{place.path}/", **headers)
    return kernel_of(body)


@pytest.mark.parametrize("name", FILES)
def test_no_file_of_the_folder_is_served(plain: Server, folder: Path, name: str) -> None:
    """Not the database, its sidecar, its log, a notebook, a program, however they are asked for."""
    content = (folder / name).read_bytes()
    assert content
    for trick in TRICKS:
        path = f"{BASE}/{trick.format(name, absolute=folder / name)}"
        status, _, body = get(plain.url, path)

        assert status >= 400, path
        assert content not in body, path


def test_a_path_that_is_no_page_starts_no_kernel(plain: Server) -> None:
    """Whoever tries paths costs the server nothing."""
    before = plain.n_kernels
    for path in ("other.ipynb", "voila/render/dashboard.ipynb", "voila/tree"):
        assert get(plain.url, f"{BASE}/{path}")[0] >= 400

    assert plain.n_kernels <= before  # those without a page end meanwhile


def test_the_page_lives_under_a_plain_voila_at_a_base_url(plain: Server, browser: Browser) -> None:
    """With the settings beside the notebook, as JupyterHub would serve it; no error is heard."""
    screen = Screen(browser.new_page())
    errors = listen(screen.page)
    screen.page.goto(f"{plain.url}/")
    screen.wait_number(".ql-chart-y .ql-last")
    screen.wait_drawn("y", screen.paths("y"))
    kernels = plain.n_kernels
    screen.page.goto("about:blank")

    assert errors == []
    until(lambda: plain.n_kernels < kernels, 30, "its kernel stayed")
    screen.page.close()


def test_a_visitor_replays_what_is_offered_and_nothing_else(
    plain: Server, folder: Path, browser: Browser
) -> None:
    """Neither what lies beside the folder, nor through a link; and no word names the folder."""
    screen = Screen(browser.new_page())
    heard: list[bytes] = []
    screen.page.on(
        "websocket", lambda ws: ws.on("framereceived", lambda f: heard.append(as_bytes(f)))
    )
    screen.page.goto(f"{plain.url}/")
    screen.wait_number(".ql-chart-y .ql-last")
    screen.choose(".ql-source", "Replay a file")
    for name, said in (
        ("../mine.py", "../mine.py"),
        ("/etc/passwd", "passwd"),
        ("out.parquet",) * 2,
    ):
        screen.fill(".ql-replay-path", name)
        screen.click(".ql-replay-play")
        screen.wait_text(".ql-message", f"cannot replay {said}: it is not among")
    assert screen.page.locator(".ql-market-simulated").count() == 1
    screen.fill(".ql-replay-path", "ours.frames.jsonl.gz")
    screen.click(".ql-replay-play")
    screen.wait_text(".ql-band", "recorded trades of ours.frames.jsonl.gz")
    screen.page.close()

    assert len(heard) > 20
    assert not [frame for frame in heard if str(folder.parent).encode() in frame]


def as_bytes(frame: "str | bytes") -> bytes:
    """What came over a socket."""
    return frame.encode() if isinstance(frame, str) else frame


FORBIDDEN = ("execute", "debug", "complete", "inspect", "create_subshell")


def test_a_visitor_cannot_execute_code(plain: Server, tmp_path: Path) -> None:
    """What a page may not say is ignored, on every channel; what it may say is answered."""
    place = tmp_path / "written"
    code = f"import pathlib; pathlib.Path({str(place)!r}).touch()"
    content = {"code": code, "cursor_pos": 3, "user_expressions": {"a": code}, "silent": False}
    content |= {"command": "evaluate", "arguments": {"expression": code}}
    with line(plain.url, visit(plain)) as page:
        for channel in ("shell", "control", "stdin", "iopub"):
            for kind in FORBIDDEN:
                page.say(f"{kind}_request", channel, **content)
        page.say("kernel_info_request")
        kinds = answers(page, "kernel_info_reply")

    assert not {kind for kind in kinds if kind.startswith(FORBIDDEN)}
    assert not place.exists()


def answers(page: Line, last: str) -> set[str]:
    """Kinds of all messages until one of a kind has come."""
    kinds: set[str] = set()
    while last not in kinds:
        kinds.add(page.hear()["header"]["msg_type"])
    return kinds


def test_a_visitor_who_speaks_otherwise_is_turned_away(plain: Server) -> None:
    """Answered in the older protocol, Voilà would serve nobody any more."""
    url = channels(plain.url, visit(plain))
    for spoken in (None, [Subprotocol("v0.kernel")]):
        with pytest.raises(InvalidStatus, match="400"), connect(url, subprotocols=spoken):
            pass


def token_of(server: Server) -> str:
    """What `quantlive` has printed."""
    (token,) = re.findall(rf"quantlive: http\S+{BASE}/\?token=(\S+) ", server.log.read_text())
    return str(token)


@pytest.mark.parametrize("asked", ["/", "/?token=wrong", "/?token="])
def test_without_the_token_there_is_only_the_door(exposed: Server, asked: str) -> None:
    """Whoever does not know it is asked for it; no kernel is started for them."""
    before = exposed.n_kernels
    status, place, body = get(exposed.url, f"{BASE}{asked}")

    assert (status, place.split("?")[0]) == (200, f"{BASE}/login")
    assert b"kernelId" not in body
    assert exposed.n_kernels <= before


@pytest.mark.parametrize("path", ["%00", "voila/static/a%00b", "voila/files/t%00.png?a=1"])
def test_a_path_with_a_nul_is_answered_in_a_sentence(exposed: Server, path: str) -> None:
    """The file system stumbles at it: there is no such page, and nothing has failed."""
    status, _, body = get(exposed.url, f"{BASE}/{path}")

    assert (status, body) == (404, b"There is no page at this address: it holds a NUL.\n")


def test_the_log_holds_no_token(exposed: Server) -> None:
    """Neither the right one nor a slip, whatever is asked; only the printed address does."""
    token = token_of(exposed)
    for path in ("", "nothing", "voila/files/a", "api/kernels/1-1-1-1-1", "voila/static/../a"):
        get(exposed.url, f"{BASE}/{path}?token={token}&a=1")
        get(exposed.url, f"{BASE}/{path}?token=a-slip")
    log = exposed.log.read_text()

    assert log.count(token) == 1
    assert "a-slip" not in log


def test_without_the_token_there_is_no_way_to_a_kernel(exposed: Server) -> None:
    """Neither to its messages nor to its end, even for who knows its name."""
    kernel = visit(exposed, Authorization=f"token {token_of(exposed)}")
    assert kernel
    before = exposed.n_kernels
    for headers in ({}, {"Authorization": "token wrong"}):
        with pytest.raises(InvalidStatus, match="403"), line(exposed.url, kernel, **headers):
            pass
        for verb, path in (("POST", "voila/api/shutdown"), ("DELETE", "api/kernels")):
            request = Request(f"{exposed.url}/{path}/{kernel}", method=verb, headers=headers)
            with pytest.raises(HTTPError, match="403"):
                urlopen(request, b"" if verb == "POST" else None, timeout=30)

    assert exposed.n_kernels <= before


def test_with_the_token_the_page_lives(exposed: Server, browser: Browser) -> None:
    """The printed address is enough; the browser then remembers it for a reload."""
    screen = Screen(browser.new_page())
    screen.page.goto(f"{exposed.url}/?token={token_of(exposed)}")
    screen.wait_number(".ql-chart-y .ql-last")
    screen.page.goto(f"{exposed.url}/")
    screen.wait_number(".ql-chart-y .ql-last")
    screen.page.close()
