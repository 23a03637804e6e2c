"""The knowledge: what an entry is, how files are read, checked and rendered. Knows nothing of search or HTTP."""
