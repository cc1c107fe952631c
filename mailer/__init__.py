"""The mailbox: letters read and understood, letters worded, rendered and sent. Imports `cases` and `rules` only.

`mailbox` fetches and delivers bytes, `reading` makes a letter of them; what stands here understands replies and writes letters.
"""
