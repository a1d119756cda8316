"""Binance spot: what it allows a client; see docs of 2026-07 (web-socket-streams.md, rest-api.md).

A part of each limit is left unused: other programs may work from this address.
"""

from quantlive_nb.venue.base import Limits

__all__ = ["LIMITS"]

LIMITS = Limits(
    streams=1_000,  # of 1024
    control_per_s=4,  # of 5, pings included
    connects=280,  # of 300
    connects_s=300,
    rotate_s=23 * 3_600.0,  # it ends a connection after 24 h
    weight=6_000,
    weight_header="X-MBX-USED-WEIGHT-1M",
    listing_weight=20,
)
