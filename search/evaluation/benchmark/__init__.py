"""The benchmark of `kb bench`: collections of any size made from the real content, and what they cost on each system."""
