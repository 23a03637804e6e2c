"""Coverage-guided fuzzing with atheris: `python -m tests.fuzz.atheris TARGET --seconds 120`."""
