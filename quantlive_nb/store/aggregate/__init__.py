"""Trades aggregated into bars: the SQL, the explicit grid, and how two pieces become one."""
