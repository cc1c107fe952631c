"""The mailbox behind two ports, `inbox` and `outbox`: IMAP and SMTP, or folders of a Maildir."""
