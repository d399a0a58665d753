"""The doctor: named checks that say what is wrong with a set-up, why, and what its owner does next.

    check.py      what a check is: plain data and one small coroutine
    context.py    what checks look at: the settings, the network, and answers that several of them need
    run.py        all checks side by side, consequences folded under their cause, within ten seconds
    report.py     the outcome in words and as JSON
    checks/       the checks, a file a group
    connector.py  the requests of ChatGPT's connector; login.py a log-in in the owner's browser
    bundle.py     what a stranger may read to help

It looks from inside (with the settings) or from outside (with nothing but an address), and changes nothing, unless the
owner asks for it: ``--register`` leaves a client behind at the log-in service. The server imports
``readiness.py`` alone, for ``/readyz``.
"""
