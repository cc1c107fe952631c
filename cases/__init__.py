"""What happens to a submission: intake, facts, settlement with staff's word, effects. Owns the ports it consumes.

Imports `rules` alone. Time and I/O come in as arguments.
"""
