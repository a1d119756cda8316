"""How much a price moves, and forecasts of it."""
