"""What nearly matches a URL that nothing takes, and why it does not."""
