"""One adapter per web server: each knows its server's routing, and nothing of pages or answers."""
