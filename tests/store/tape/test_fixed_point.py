"""Decimals as integers: the same numbers, to the last digit, or the texts themselves."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.store.tape.fixed_point import fixed, total
from tests.tape import batch, eight_places, stored, trade

PLAIN = st.integers(0, 10**18 - 1).map(lambda units: f"{Decimal(units).scaleb(-8):.8f}")
ODD = st.sampled_from(["1", "1.5", "99999999999999999999.99999999", "1.000000000", "12345678.9"])


@given(texts=st.lists(PLAIN, min_size=1, max_size=20))
def test_eight_places_become_integers(texts):
    """Every number is the same, and so is their sum, however large."""
    values = fixed(np.array(texts, object))

    assert [Decimal(value).scaleb(-8) for value in values.tolist()] == list(map(Decimal, texts))
    assert Fraction(total(values)) == sum(map(Fraction, texts))


@given(texts=st.lists(PLAIN | ODD, max_size=20), odd=ODD)
def test_any_other_text_keeps_them_all_text(texts, odd):
    """One number that does not fit, and nothing is touched; the sum is exact all the same."""
    column = np.array([*texts, odd], object)

    assert fixed(column) is column
    assert Fraction(total(column)) == sum(map(Fraction, [*texts, odd]))


def test_both_ways_store_the_same(open_store):
    """Trades whose decimals are written out, and the same trades written shortly."""
    short = [trade(1, price="61837.63", qty="0.02"), trade(2, price="0.00000001", qty="99")]
    first, second = open_store(), open_store()
    first.append(batch(*short))
    second.append(batch(*map(eight_places, short)))

    assert stored(first, "BTCUSDT") == stored(second, "BTCUSDT")
    assert stored(first, "BTCUSDT") == list(map(eight_places, short))
