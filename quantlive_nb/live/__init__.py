"""Live: the only room that knows feed, store, alerts and panels together.

This room knows no widget.
"""

from quantlive_nb.live.lifecycle import State
from quantlive_nb.live.live import Live

__all__ = ["Live", "State"]
