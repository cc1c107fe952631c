"""Sample submissions, as data files, and placing them in a home."""
