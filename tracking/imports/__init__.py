"""Orders from a file: its rows read, its columns recognised, its values understood. No database."""
