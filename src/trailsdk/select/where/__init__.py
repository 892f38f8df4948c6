"""`where`: every filter language as one tree of conditions, and what becomes of it."""
