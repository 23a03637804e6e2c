"""From a question to ranked entries and a card. Knows nothing of HTTP."""
