"""The Flask site and the JSON API. Thin: a view parses, asks `search` once, renders."""
