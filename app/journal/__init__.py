"""What happened: one journal for refusals (and whatever else is worth remembering), written off the request path."""
