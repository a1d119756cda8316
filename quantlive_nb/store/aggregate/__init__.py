"""Trades aggregated into bars: the SQL, the grid of intervals, and the merging of parts."""
