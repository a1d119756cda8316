"""What the tape lacks, fetched and audited: gaps, the past, the exchange's own bars."""
