"""How each block of a mail is drawn."""
