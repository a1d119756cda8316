"""Whether prices stay together: unit roots, cointegration, half-life, stability."""
