"""The API of one shop."""
