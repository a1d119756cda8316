"""Questions in SQL: what may be asked, what one may cost, how values are written in it."""
