"""``python -m quantlive_nb`` is ``quantlive``.

This file knows nothing but the way in.
"""

import sys

from quantlive_nb.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
