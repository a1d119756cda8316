"""The WebSocket side of the loopback exchange: clients, subscriptions, playback."""
