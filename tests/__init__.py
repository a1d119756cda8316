"""The tests mirror the source: ``tests/x/test_y.py`` for ``quantlive_nb/x/y.py``."""
