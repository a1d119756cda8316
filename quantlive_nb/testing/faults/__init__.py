"""What the loopback exchange can do to its clients."""
