"""The event loop and the threads of a Live, and the rate at which trades arrive."""
