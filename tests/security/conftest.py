"""A house to attack."""

from tests.scenarios.conftest import house, new_home

__all__ = ["house", "new_home"]
