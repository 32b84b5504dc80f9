"""The commands of ``landscape``: parse, specify, ask the library, report. Heavy imports stay inside functions."""
