"""A letter's bytes become a `cases.model.Letter`; `mailer.reading.guarded.read_guarded` is the way in."""
