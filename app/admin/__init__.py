"""The owner's page at ``/admin``: who is at the door, now and last week, and what the owner does about it.

Server-rendered, behind the log-in of the authorization server, without a password of its own. Nothing of it is loaded
before somebody opens it, and no request to ``/mcp`` passes through it.

    entrance.py   what the server mounts; builds the rest when the first request comes
    house.py      what the page is given, and what a page is asked with
    room.py       what every request goes through, in order, and the way from a page's function to an answer
    asking.py     who may send what from where: network, same site, fields, language
    doorway.py    whose page it is: session, log-in and sign-out; log_in.py  the way to the authorization server
    looks.py      templates, headers, static files
    feed.py       what happens now, as server-sent events
    at_auth0.py   the way to the Management API, with the owner's credentials
    now.py, log.py, people.py, …   one page each, in the order of ``MODULES`` in room.py

A page is a function from :class:`~app.admin.house.Ask` to :class:`~app.admin.house.Page`, and a change a function from
``Ask`` to the same or to :class:`~app.admin.house.Back`. To add a page, write a module with ``TAB`` (its place in the
navigation, or None), ``PAGES`` and ``CHANGES`` (address to function), its templates, and put it into ``MODULES`` of ``room.py``.
Functions run in a thread, may wait for the database, and never see a request. Texts are written in both languages
where they are used: ``t("English", "한국어")``.
"""
