"""Live: combines feed, store, alerts and panels."""

from quantlive_nb.live.lifecycle import State
from quantlive_nb.live.live import Live

__all__ = ["Live", "State"]
