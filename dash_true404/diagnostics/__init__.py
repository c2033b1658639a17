"""Tools that ask an app what it answers, and say what they saw; they never serve."""
