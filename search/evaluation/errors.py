"""What can go wrong with the files that evaluation reads."""


class EvaluationError(Exception):
    """A file that cannot be used; the message names it and the line, in plain Chinese."""
