"""What evaluation cannot work with."""


class EvaluationError(Exception):
    """A file, folder or number that cannot be used; the message names it, and says what to do, in plain Chinese."""
