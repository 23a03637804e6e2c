"""The `kb` command. Thin: each command calls one function of the rooms below."""
