"""Killed between an effect and its record, a pass is made up for by the next one: nothing twice, nothing forgotten.

`boundaries` lists where, `days` what waits to be done there, `outcome` what must have come of it, crash or no crash.
"""
