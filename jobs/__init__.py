"""The timetable: one file a job, wiring, the command line."""
