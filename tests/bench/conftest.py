"""Keeps pytest out of this folder: what is here measures, and some of it needs more packages."""

collect_ignore_glob = ["*.py"]
