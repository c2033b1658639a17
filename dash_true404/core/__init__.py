"""Which URLs are pages, and what visitors of the others see. Knows no server, and nothing private to Dash."""
