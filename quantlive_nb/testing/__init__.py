"""Shipped test tools: an exchange on 127.0.0.1 for any recorder.

It follows the exchange's documentation and shares no code with our own client.
"""

from quantlive_nb.testing.loopback import LoopbackExchange

__all__ = ["LoopbackExchange"]
