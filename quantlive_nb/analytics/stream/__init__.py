"""Streaming versions of analytics: one value at a time, equal to the batch."""
