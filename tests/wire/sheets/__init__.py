"""A server that speaks Google Sheets v4 on loopback, for tests: real HTTP, real tokens, every exchange checked against Google's
own description of the service.
"""
