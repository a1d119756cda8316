"""How two or more prices move together."""
