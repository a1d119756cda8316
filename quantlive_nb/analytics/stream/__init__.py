"""Streaming twins: one value at a time, equal to the batch."""
