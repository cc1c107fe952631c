"""Real mail servers for tests, on loopback and ports of their own: Dovecot, and an SMTP server with faults on demand."""
