"""The owner's side of Auth0: the tenant set up and people let in through the Management API, by command.

    place.py        where a tenant's Management API is
    credentials.py  the token for it, and whether it may do what is wanted
    pace.py         two requests a second, and patience when Auth0 asks for it
    management.py   the calls that are made, and what their failures mean
    wanted.py       what the owner wants, and what a row of the table is
    table.py        how a tenant should be: the one table
    snapshot.py     how it is
    steps.py        how each part of it is found, made and changed
    plan.py         the difference, and making it nothing
    people.py       accounts: invited, blocked
    registration.py whether programs may register by themselves, and those that did

This is the only room that uses Auth0's client library. It prints nothing, reads no settings and keeps nothing: the
command line hands everything in. The server never imports it.
"""
