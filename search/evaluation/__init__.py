"""Evaluation: what Wence gets right and wrong, in figures that anyone can reproduce (`kb eval`, `kb fit`)."""
