"""The examples in the package's docstrings run in the environment that the tests have."""

from tests.conftest import clean_environment, own_environment

__all__ = ["clean_environment", "own_environment"]
