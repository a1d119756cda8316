"""Building blocks of controls and panels."""
