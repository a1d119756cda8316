"""Shipped test tools: an exchange on 127.0.0.1 that any recorder can be pointed at.

This room knows the exchange's documents, never our own client: it shares no code with wire.
"""

from quantlive_nb.testing.loopback import LoopbackExchange

__all__ = ["LoopbackExchange"]
