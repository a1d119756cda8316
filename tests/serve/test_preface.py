"""What stands before Voilà's page; that it works is shown in tests/browser."""

import pytest

from quantlive_nb.serve.preface import DARK, FAREWELL, HEAD, PATIENCE, prefaced


@pytest.mark.parametrize("is_system", [True, False])
def test_it_stands_first_in_the_head(is_system):
    """Before any sheet of Voilà's, once; a page with a theme of its own keeps it."""
    html = f"<html>{HEAD}<title>a</title>"
    made = prefaced(html, is_system=is_system)

    ours = (DARK if is_system else "") + FAREWELL + PATIENCE
    assert made == f"<html>{HEAD}{ours}<title>a</title>"


def test_another_page_is_left_alone():
    """Where Voilà begins otherwise there is no preface, and the page is as it was."""
    assert prefaced("<html><HEAD lang='en'>", is_system=True) == "<html><HEAD lang='en'>"
