"""A letter's bytes become a `cases.incoming_mail.Letter`; `mailer.reading.guarded.read_guarded` is the way in."""
