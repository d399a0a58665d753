"""Who is calling: from the Authorization header to a :class:`~app.auth.principal.Principal`."""
