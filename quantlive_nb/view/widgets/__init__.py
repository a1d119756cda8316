"""Parts of which controls and panels are made."""
