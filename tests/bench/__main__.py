"""Measure and print one table: ``python -m tests.bench``, or only some parts of it.

This file knows what parts there are, not how they measure.
"""

import argparse
import sys
import time
from importlib import import_module

from tests.bench.table import heading, table

__all__: list[str] = []

PARTS = ("ingest", "bars", "gil", "repair", "page", "scan", "statistic", "visitors")


def main() -> None:
    """Measure the parts asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    chosen = parser.parse_args().parts or PARTS
    top, figures, begun = heading(), {}, time.monotonic()
    for part in chosen:
        print(f"measuring {part} ...", file=sys.stderr, flush=True)
        figures[part] = import_module(f"tests.bench.{part}").measure()
    print(f"\n{top}, {time.monotonic() - begun:.0f} s\n\n{table(figures)}")


if __name__ == "__main__":
    main()
