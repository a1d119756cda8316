"""What may go wrong between an exchange and a recorder, one function a fault.

Each does its harm while the recording plays on, and leaves the scene able to go on.
"""

from tests.lives import BOTH
from tests.scene import Scene

__all__ = ["FAULTS"]


def cut(scene: Scene) -> None:
    """The connection is lost, and trades with it."""
    n_before = scene.exchange.n_connections
    scene.exchange.drop()
    scene.play(60)
    scene.reconnected(n_before)


def stall(scene: Scene) -> None:
    """The connection stays open and says nothing for a while."""
    scene.exchange.silence()
    scene.play(80)
    scene.exchange.resume()


def dead(scene: Scene) -> None:
    """The connection stays open and never says anything again: it must be replaced."""
    n_before = scene.exchange.n_connections
    scene.exchange.silence()
    scene.play(40)
    scene.exchange.wait_connected(n=n_before + 1)
    scene.exchange.resume()


def half_silent(scene: Scene) -> None:
    """One symbol of the connection says nothing, the other goes on."""
    scene.exchange.silence(BOTH[1])
    scene.play(80)
    scene.exchange.resume(BOTH[1])


def duplicate(scene: Scene) -> None:
    """Trades come twice."""
    scene.exchange.duplicate(40)
    scene.play(40)


def reorder(scene: Scene) -> None:
    """Trades come in a wild order."""
    scene.exchange.reorder(30)
    scene.play(60)


def delay(scene: Scene) -> None:
    """Everything comes late."""
    scene.exchange.delay(0.05)
    scene.play(40)
    scene.exchange.delay(0)


def garbage(scene: Scene) -> None:
    """Broken JSON, absurd trades, four megabytes, bytes: everything that is no trade."""
    scene.exchange.garbage()
    scene.play(30)


def shutdown(scene: Scene) -> None:
    """The exchange announces that it closes, and closes."""
    n_before = scene.exchange.n_connections
    scene.exchange.shutdown(lead_s=0.2)
    scene.play(30)
    scene.exchange.wait_connected(n=n_before + 1)
    scene.play(30)


def day(scene: Scene) -> None:
    """The connection has lived its 24 hours."""
    n_before = scene.exchange.n_connections
    scene.exchange.limit_age(0.05)
    scene.play(30)
    scene.exchange.wait_connected(n=n_before + 1)
    scene.exchange.limit_age(None)


def refuse(scene: Scene) -> None:
    """The exchange accepts no connection for a while."""
    n_before, n_refused = scene.exchange.n_connections, scene.exchange.n_refused
    scene.exchange.refuse(503)
    scene.exchange.drop()
    scene.play(60)
    scene.exchange.wait_until(lambda: scene.exchange.n_refused > n_refused)
    scene.exchange.refuse(None)
    scene.reconnected(n_before)


def gone(scene: Scene) -> None:
    """At a reconnect the exchange says that there is nothing here, then that it is closed to us."""
    n_before = scene.exchange.n_connections
    for status in (404, 451):
        n_refused = scene.exchange.n_refused
        scene.exchange.refuse(status)
        scene.exchange.drop()
        scene.play(30)
        scene.exchange.wait_until(lambda n=n_refused: scene.exchange.n_refused > n)
    scene.says_unconfirmed()
    scene.exchange.refuse(None)
    scene.reconnected(n_before)


def bad_row(scene: Scene) -> None:
    """REST tells some of the missed trades with quantity 0, and mends that once it was said."""
    n_before, n_refused = scene.exchange.n_connections, scene.exchange.n_refused
    newest = scene.newest("BTCUSDT")
    scene.exchange.rest_flaw("BTCUSDT", newest + 1, newest + 3)
    scene.exchange.refuse(503)
    scene.exchange.drop()
    scene.exchange.wait_until(lambda: scene.exchange.n_refused > n_refused)
    scene.play(60)
    scene.exchange.refuse(None)
    scene.reconnected(n_before)
    scene.says_missing()
    scene.exchange.rest_flaw("BTCUSDT")


def other_symbol(scene: Scene) -> None:
    """REST tells of one symbol what was asked of the other, of which some trades are held.

    Before anything is held or heard of a symbol there is nothing to judge an answer by.
    """
    scene.play(20)
    scene.holds_both()
    scene.exchange.rest_other(6)
    cut(scene)
    scene.play(20)


def banned(scene: Scene) -> None:
    """REST asks for pauses while something is missing."""
    scene.exchange.rest_refuse(429, n=2, retry_after_s=0.05)
    cut(scene)
    scene.exchange.rest_refuse(418, n=1, retry_after_s=0.1)


def rest_ill(scene: Scene) -> None:
    """REST fails in every way there is while something is missing."""
    scene.exchange.rest_cut(2)
    cut(scene)
    scene.exchange.rest_garbage(2)
    scene.exchange.rest_refuse(503, n=1)


def rest_slow(scene: Scene) -> None:
    """REST takes its time."""
    scene.exchange.rest_delay(0.15)
    cut(scene)
    scene.play(20)
    scene.exchange.rest_delay(0)


def rest_partial(scene: Scene) -> None:
    """REST gives a few rows, whatever is asked for."""
    scene.exchange.rest_partial(7)
    cut(scene)


FAULTS = (
    cut,
    stall,
    dead,
    half_silent,
    duplicate,
    reorder,
    delay,
    garbage,
    shutdown,
    day,
    refuse,
    gone,
    bad_row,
    other_symbol,
    banned,
    rest_ill,
    rest_slow,
    rest_partial,
)
