"""A year of a partner department in minutes: the real jobs under a set clock, beside an independent model of the programme."""
