"""Volatility and its forecasts."""
