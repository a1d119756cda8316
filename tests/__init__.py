"""The tests mirror the source: ``tests/store/test_duck.py`` for ``quantlive_nb/store/duck.py``."""
