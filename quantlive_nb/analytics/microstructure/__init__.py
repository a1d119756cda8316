"""Statistics of single trades: spreads, flow, sizes, liquidity."""
