"""What a page shows at one moment: market data, statistics, alerts and panels."""
