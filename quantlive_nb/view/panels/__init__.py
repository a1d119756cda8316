"""What is told in text: status, statistics, progress of a backfill."""
