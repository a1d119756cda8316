"""Text panels: status, statistics, progress of a backfill."""
