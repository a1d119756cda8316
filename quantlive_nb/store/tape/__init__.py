"""The tape: which trade ids are stored, how they arrived, and the tables that hold them."""
