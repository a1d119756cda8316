"""SQL queries of users: what is allowed, limits of memory, rows and time, and parameters."""
