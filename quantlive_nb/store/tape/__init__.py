"""The tape at rest: which trade ids are stored, how they came, and the tables that hold them."""
