"""Mean reversion and cointegration: unit roots, half-life, stability."""
