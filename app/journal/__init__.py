"""What happened: the request log, written off the request path, and the questions asked of it."""
