"""People, clients and the door: what the owner decided about them, and how that reaches every request at once."""
