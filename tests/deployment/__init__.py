"""What needs real servers."""
