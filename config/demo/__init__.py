"""The demo: an installation in one command, with a carrier simulator and a mailbox."""
