"""An installation of its own, filled, broken, and looked at: for tests/test_chaos.py."""
