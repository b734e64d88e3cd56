"""The addresses of the API about what messages sell."""
