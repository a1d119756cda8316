"""Every pair of many symbols tested at once."""
