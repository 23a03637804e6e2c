"""Wence on a real OpenSearch cluster, started here: no simulation, nothing left running."""
