"""The market of the loopback exchange: its trades, its history, its events."""
