"""The charts: bqplot marks on one time axis, changed in place."""
