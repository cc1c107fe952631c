"""How long a pass takes, beside the floor: what parsing, rendering, committing and writing cost alone."""
