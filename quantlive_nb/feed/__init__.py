"""Feeds: a live exchange, a recording and a simulated market behind one protocol."""

from quantlive_nb.feed.backfill import Backfill
from quantlive_nb.feed.base import Batch, Feed
from quantlive_nb.feed.replay import Replay
from quantlive_nb.feed.simulated import Simulated
from quantlive_nb.feed.websocket_feed import WebSocketFeed

__all__ = ["Backfill", "Batch", "Feed", "Replay", "Simulated", "WebSocketFeed"]
