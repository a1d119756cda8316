"""Statements that clients of a share say in exactly these words, with a number or a name within.

This file opens nothing: it writes SQL.
"""

import re
from collections.abc import Sequence

__all__ = ["chosen", "command", "shape", "subscription"]

SUBSCRIPTION = (
    "INSERT INTO now.main.subscription VALUES ('{client}', '{symbol}', "
    "make_timestamp({expires_us})) ON CONFLICT DO UPDATE SET expires = excluded.expires"
)
COMMAND = "INSERT INTO now.main.command VALUES ('{message}')"
NAME = "[A-Za-z0-9_.-]+"
SYMBOL = r"[^'\\\\;]+"


def subscription(client: str, symbol: str, expires_us: int) -> str:
    """The statement by which a client subscribes to a symbol until a moment."""
    return SUBSCRIPTION.format(client=client, symbol=symbol.replace("'", ""), expires_us=expires_us)


def command(message: bytes) -> str:
    """The statement by which a client sends a command to the owner."""
    return COMMAND.format(message=message.hex())


def chosen(questions: Sequence[str]) -> str:
    """The pattern of the one statement that is said, if any, as SQL: only this one is compiled.

    Each is known by the longest part of its text that has no parameter.
    """
    known = {
        SUBSCRIPTION.partition("{")[0]: pattern(
            SUBSCRIPTION, client=NAME, symbol=SYMBOL, expires_us=r"\d+"
        ),
        COMMAND.partition("{")[0]: pattern(COMMAND, message="(?:[0-9a-f][0-9a-f])+"),
    }
    for question in questions:
        part = max(re.split(r"\$[a-z]+", question), key=len)
        known[part] = "|".join(filter(None, (known.get(part), shape(question))))
    cases = [
        f"WHEN contains(said::VARCHAR, {text}) THEN '{one}'"
        for part, one in known.items()
        for text in ["'" + part.replace("'", "''") + "'"]
    ]
    return f"CASE {' '.join(cases)} END"


def shape(question: str) -> str:
    """The regular expression of a question, with any number or name for each parameter.

    Examples
    --------
    >>> bool(re.fullmatch(shape("SELECT $a, $b").replace("''", "'"), "SELECT 5, 'A'"))
    True
    """
    names = dict.fromkeys(re.findall(r"\$([a-z]+)", question), f"(?:[0-9]+|'{SYMBOL}')")
    return pattern(re.sub(r"\$([a-z]+)", r"{\1}", question), **names)


def pattern(statement: str, **parts: str) -> str:
    """The regular expression that a statement with such parts matches, as the inside of a text."""
    sign = {name: f"\x00{name}\x00" for name in parts}
    text = re.escape(statement.format(**sign))
    for name, part in parts.items():
        text = text.replace(re.escape(sign[name]), part)
    return text.replace("'", "''")
