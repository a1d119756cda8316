"""Binance spot: its streams and its REST interface."""
