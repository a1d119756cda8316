"""Finds and fetches missing trades, and compares bars with the exchange's own."""
