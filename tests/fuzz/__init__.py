"""Generated nonsense at every door: files of settings and of the programme, forms, edits by hand. Letters have theirs in
tests/mailer/reading/test_hostile_letters.py.
"""
