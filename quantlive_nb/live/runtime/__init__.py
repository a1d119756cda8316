"""The event loop and threads of a Live, and the rate at which trades arrive."""
