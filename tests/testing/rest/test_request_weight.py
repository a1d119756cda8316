"""Request weight, and what becomes of one who uses too much."""

from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.testing.rest.request_weight import N_WARNINGS, RequestWeight


def test_weight_adds_up_within_a_minute_and_begins_anew_in_the_next():
    """The minutes are those of the clock."""
    budget = RequestWeight()

    assert [budget.spend(2, at_ms).used_weight for at_ms in (0, 59_999, 60_000)] == [2, 4, 2]


def test_over_the_limit_one_is_told_when_to_come_back():
    """In whole seconds, never too early; then all is well again."""
    budget = RequestWeight(limit=10)
    budget.spend(10, 1)
    charge = budget.spend(1, 2_001)

    assert (charge.status, charge.retry_after_s) == (429, 58)
    assert budget.spend(1, 2_001 + 58_000).status == 200


def test_one_who_goes_on_is_banned_for_two_minutes():
    """Asking meanwhile does not make the ban longer."""
    budget = RequestWeight(limit=0)
    statuses = [budget.spend(1, 0).status for _ in range(N_WARNINGS + 3)]

    assert statuses == [429] * N_WARNINGS + [418] * 3
    assert budget.spend(0, 119_999) == (0, 418, 120_000, 1)
    assert budget.spend(0, 120_000).status == 200


def test_a_short_minute_is_told_in_fractions():
    """Tests need not wait for a real one."""
    budget = RequestWeight(limit=1, minute_s=0.2)
    budget.spend(1, 0)

    assert budget.spend(1, 50).retry_after_s == 0.15
    assert budget.spend(1, 200).status == 200


@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 30)), max_size=60),
    st.sampled_from([60.0, 0.5]),
)
def test_one_who_obeys_is_never_banned(steps, minute_s):
    """Whoever waits as long as told gets through, or is told to wait once more."""
    budget, at_ms, n_refused = RequestWeight(limit=25, minute_s=minute_s), 0, 0
    for pause_ms, weight in steps:
        at_ms += pause_ms
        charge = budget.spend(weight, at_ms)
        while charge.status != 200:
            assert charge.status == 429
            n_refused += 1
            at_ms += round(charge.retry_after_s * 1_000)
            charge = budget.spend(min(weight, 25), at_ms)
    assert n_refused <= len(steps)
