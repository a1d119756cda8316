"""Critical values of Johansen's tests with the constant only in the relation.

From table 1* of Osterwald-Lenum (1992), Oxford
Bulletin of Economics and Statistics 54(3), 461-472. doi:10.1111/j.1468-0084.1992.tb00013.x
"""

__all__ = ["MAX_EIGEN", "TRACE"]

# fmt: off
TRACE = (
    (7.52, 17.85, 32.00, 49.65, 71.86, 97.18, 126.58, 159.48, 196.37, 236.54, 282.45),
    (9.24, 19.96, 34.91, 53.12, 76.07, 102.14, 131.70, 165.58, 202.92, 244.15, 291.40),
    (12.97, 24.60, 41.07, 60.16, 84.45, 111.01, 143.09, 177.20, 215.74, 257.68, 307.64),
)
"""Rows for 10, 5 and 1 %, columns for 1, 2, … relations left to find."""

MAX_EIGEN = (
    (7.52, 13.75, 19.77, 25.56, 31.66, 37.45, 43.25, 48.91, 54.35, 60.25, 66.02),
    (9.24, 15.67, 22.00, 28.14, 34.40, 40.30, 46.45, 52.00, 57.42, 63.57, 69.74),
    (12.97, 20.20, 26.81, 33.24, 39.79, 46.82, 51.91, 57.95, 63.71, 69.94, 76.63),
)
"""The same of the largest eigenvalue."""
# fmt: on
