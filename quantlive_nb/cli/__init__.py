"""The console script ``quantlive``, one file a command."""
