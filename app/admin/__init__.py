"""The owner's page at ``/admin``: who is at the door, now and last week, and what the owner does about it.

Server-rendered, behind the log-in of the authorization server, without a password of its own. Nothing of it is loaded
before somebody opens it, and no request to ``/mcp`` passes through it.

    entrance.py   what the server mounts; builds the rest when the first request comes
    house.py      what the page is given, and what a page is asked with
    room.py       the guards in front of every page: Host, network, session, same site; forms; errors as pages
    log_in.py     authorization code with PKCE at the authorization server; sessions
    looks.py      templates, headers, static files
    feed.py       what happens now, as server-sent events
    now.py, log.py, people.py, clients.py, tools.py, doctor.py, settings.py   one page each

A page is a function from :class:`~app.admin.house.Ask` to :class:`~app.admin.house.Page`, and a change a function from
``Ask`` to the same or to :class:`~app.admin.house.Back`. A module names its own in ``PAGES`` and ``CHANGES``, and
``room.py`` lists the modules. Functions run in a thread, may wait for the database, and never see a request. Texts are
written in both languages where they are used: ``t("English", "한국어")``.
"""
