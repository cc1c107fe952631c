"""What the partner programme says: pure functions, facts in, decision with reasons out.

Standard library alone. No I/O, no clock, no database, no sheet or mail types: time and figures come in as arguments.
"""
