"""What every statistic stands on: arguments, alignment, windows, tests of a hypothesis."""
