"""Protocol servers for tests."""
