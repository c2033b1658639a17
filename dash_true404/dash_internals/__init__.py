"""All that is assumed of Dash beyond its public API, each assumption with a check and a test."""
