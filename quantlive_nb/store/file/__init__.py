"""Files beside the database: exports, recordings in Parquet and CSV, names and formats."""
