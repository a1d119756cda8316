"""The REST interface of the loopback exchange."""
