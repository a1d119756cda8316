"""Returns of several symbols held together: performance, drawdown, risk."""
