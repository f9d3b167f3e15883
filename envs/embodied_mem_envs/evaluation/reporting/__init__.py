"""Shows evaluations: on the console, as one HTML page, and as a table for the docs."""
