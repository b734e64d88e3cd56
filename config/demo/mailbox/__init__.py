"""The demo's mailbox: takes mail by SMTP, keeps it, shows it. Nothing leaves this machine."""
