"""Faults that the loopback exchange can inject."""
