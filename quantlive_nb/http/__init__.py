"""The only REST transport: request weight, retries, fall-over to another host, proxies."""
