"""Shared by all statistics: arguments, alignment, windows, hypothesis tests."""
