"""The line between two prices: hedge ratio, spread, z-score."""
