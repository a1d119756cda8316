"""What tests of cointegration share."""

import numpy as np
import pytest
from arch.data import crude


@pytest.fixture(scope="session")
def oil():
    """Monthly log prices of WTI and Brent, 1987 to 2020, as arch ships them."""
    prices = crude.load()
    return {name: np.log(prices[name].to_numpy()) for name in ("WTI", "Brent")}
