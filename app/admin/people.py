"""People: who is here, who asks to come in, what each may do, and what each did this week."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from app.admin import looks
from app.admin.house import Ask, Back, NoPage, Page, Work
from app.auth0.access import management
from app.auth0.invitations import Invited, block_too, prepare
from app.auth0.people import INVITE_SCOPES
from app.people.address import EMAIL, is_no_subject_of_auth0
from app.people.door import Door
from app.people.invitation import invitation
from app.people.roster import Entry, Roster
from app.people.summary import facts_of
from app.people.until import FORMS, moment
from app.people.week import days_of, week_of
from app.scopes import LADDER
from app.store.tables import SUB_CHARS

SHOWN = 200
CAPS = ("", "none", *LADDER)


def show(ask: Ask) -> Page:
    """Everybody, those who ask to come in first."""
    people, wanted = Roster(ask.engine).everybody(), ask.query.get("find", "").strip().lower()
    asking = [one for one in people if one.status == "asked" and not one.blocked]
    others = [one for one in people if one not in asking and _fits(one, wanted)]
    return Page(
        "people.html",
        {
            "asking": asking[:SHOWN],
            "people": [_facts(ask, one) for one in others[:SHOWN]],
            "hidden": max(0, len(others) - SHOWN),
            "find": ask.query.get("find", ""),
            "manages": ask.house.settings.manages_auth0,
        },
    )


def _fits(one: Entry, wanted: str) -> bool:
    return any(wanted in text.lower() for text in (one.sub, one.name, one.email, one.note))


def _facts(ask: Ask, one: Entry) -> dict[str, Any]:
    return facts_of(one, ask.house.settings.default_scopes, ask.now)


def show_person(ask: Ask) -> Page:
    """One person: what they did this week, and what may be changed."""
    entry = _entry(ask, ask.query)
    engine = ask.engine
    _, state = Door(engine).state(frozenset(ask.house.settings.default_scopes))
    return Page(
        "person.html",
        {
            "entry": entry,
            "facts": _facts(ask, entry),
            "week": week_of(engine, entry.iss, entry.sub, ask.now),
            "days": [*zip(_days(ask), days_of(engine, entry.iss, entry.sub, ask.now), strict=True)],
            "admission": state.admission,
            "ladder": LADDER,
            "caps": CAPS,
            "is_me": (entry.iss, entry.sub) == (ask.owner.iss, ask.owner.sub),
        },
    )


def _days(ask: Ask) -> list[str]:
    """The last seven days in short, today last."""
    today = datetime.fromtimestamp(ask.now).astimezone()
    names = ask.t("Mon Tue Wed Thu Fri Sat Sun", "월 화 수 목 금 토 일").split()
    return [names[(today - timedelta(days=back)).weekday()] for back in range(6, -1, -1)]


def _entry(ask: Ask, given: Any) -> Entry:
    sub, iss = given.get("sub", ""), given.get("iss", "") or ask.house.settings.issuer
    entry = Roster(ask.engine).find(iss, sub) if 0 < len(sub) <= SUB_CHARS else None
    if entry is None:
        raise NoPage(
            404, "Nobody with this subject is known here.", "이 subject를 가진 사람은 없습니다.", "/admin/people"
        )
    return entry


def _page_of(entry: Entry) -> str:
    return "/admin/people/person?" + urlencode({"sub": entry.sub, "iss": entry.iss})


def invite(ask: Ask) -> Page:
    """Let somebody in, or prepare for them to come; shows what to send to them.

    With a way in at Auth0, an e-mail address is enough: its account is found or made there.
    """
    sub, roster, settings = ask.must("sub").strip(), Roster(ask.engine), ask.house.settings
    iss = ask.form.get("iss", "") or settings.issuer
    if not 0 < len(sub) <= SUB_CHARS:
        raise NoPage(
            400, f"A subject has 1 to {SUB_CHARS:,} characters.", f"subject는 1~{SUB_CHARS:,}자입니다.", "/admin/people"
        )
    known = roster.find(iss, sub)
    by_address = known is None and bool(EMAIL.fullmatch(sub))
    if by_address and not (settings.manages_auth0 and iss == settings.issuer):
        raise NoPage(
            400,
            "That is an e-mail address, and people are known by their subject: addresses change hands. With "
            "credentials for Auth0 (docs/how-to/auth0.md) this page makes an account for an address.",
            "이메일 주소는 주인이 바뀔 수 있어 사람을 구별하는 데 쓰지 않습니다. Auth0 자격 증명이 있으면 (docs/how-to/auth0.md) "
            "이 화면이 주소로 계정을 만듭니다.",
            "/admin/people",
        )
    if known is None and not by_address and is_no_subject_of_auth0(iss, settings, sub):
        raise NoPage(
            400,
            f"{sub[:200]} is neither an e-mail address nor a subject of Auth0, such as auth0|6553… Nobody was invited.",
            f"{sub[:200]}은(는) 이메일 주소도 Auth0 subject(예: auth0|6553…)도 아닙니다. 아무도 초대하지 않았습니다.",
            "/admin/people",
        )
    if known is not None and known.blocked:
        raise NoPage(
            400,
            "This person is blocked, and an invitation does not change that. Unblock them first.",
            "차단된 사람입니다. 먼저 차단을 푸세요.",
            _page_of(known),
        )
    facts: dict[str, Any] = {
        name: ask.form[name].strip() for name in ("name", "note") if ask.form.get(name, "").strip()
    }
    if until := ask.form.get("until", "").strip():
        facts["expires_at"] = _until(ask, until)
    if granted := _scopes(ask):
        facts["granted"] = granted
    ready = _ready(ask, roster, sub, facts) if by_address else None
    entry = roster.invite(iss, ready.account.sub if ready else sub, **facts)
    ends = looks.moment(entry.expires_at)[:16] if entry.expires_at else None
    given = {"email": ready.account.email, "client_id": ready.client_id, "link": ready.link} if ready else {}
    message = invitation(settings.resource, until=ends, **given)
    return Page("invited.html", {"entry": entry, "message": message, "ready": ready})


def _ready(ask: Ask, roster: Roster, address: str, facts: dict[str, Any]) -> Invited:
    """The account at Auth0, found or made. Raises :class:`~app.errors.Auth0Failed`: then nobody is let in here."""
    settings = ask.house.settings
    facts["email"] = address.lower()
    with management(settings, INVITE_SCOPES) as api:
        blocked = partial(roster.is_blocked, settings.issuer)
        return prepare(api, address.lower(), settings.resource, blocked, name=facts.get("name", ""))


def _until(ask: Ask, text: str) -> float | None:
    try:
        return None if text == "never" else moment(text, ask.now)
    except ValueError as error:
        raise NoPage(400, f"{error}", f"기한을 이렇게 쓰세요: {FORMS}.", "/admin/people") from None


def _scopes(ask: Ask) -> frozenset[str]:
    return frozenset(scope for scope in LADDER if ask.form.get(f"scope_{scope}") == "yes")


def change(ask: Ask) -> Back:
    """Set what somebody may do, until when, and the note."""
    entry, cap = _entry(ask, ask.form), ask.form.get("cap", "")
    if cap not in CAPS:
        raise NoPage(400, f"There is no limit “{cap[:40]}”.", f"“{cap[:40]}” 한도는 없습니다.", _page_of(entry))
    until = ask.form.get("until", "").strip()
    facts: dict[str, Any] = {"granted": _scopes(ask), "cap": cap, "note": ask.form.get("note", "").strip()}
    facts["expires_at"] = _until(ask, until) if until else None
    Roster(ask.engine).change(entry.iss, entry.sub, **facts)
    return Back(_page_of(entry), "changed")


def block(ask: Ask) -> Back | Page:
    """Refuse somebody from the next request on, here and at Auth0."""
    return _set_blocked(ask, blocked=True)


def unblock(ask: Ask) -> Back | Page:
    """Undo a block, here and at Auth0."""
    return _set_blocked(ask, blocked=False)


def _set_blocked(ask: Ask, *, blocked: bool) -> Back | Page:
    entry, settings = _entry(ask, ask.form), ask.house.settings
    Roster(ask.engine).change(entry.iss, entry.sub, blocked=blocked)  # it counts from here on, whatever Auth0 says
    word = "blocked" if blocked else "unblocked"
    if settings.manages_auth0 and entry.iss == settings.issuer:
        went_well, what = block_too(settings, entry.sub, blocked=blocked)
        if not went_well:
            return Page("half.html", {"done": word, "what": what, "back": _page_of(entry)})
    return Back(_page_of(entry), word)


def admit(ask: Ask) -> Back:
    """Let a stranger in who asked."""
    entry = _entry(ask, ask.form)
    Roster(ask.engine).invite(entry.iss, entry.sub)
    return Back("/admin/people", "admitted")


def remove(ask: Ask) -> Back:
    """Forget somebody. Who is blocked or limited stays so: forgetting would let them in anew."""
    entry = _entry(ask, ask.form)
    if entry.blocked or entry.cap or entry.expires_at is not None:
        raise NoPage(
            400,
            "This person is blocked or limited, and forgetting them would forget that too: they could come in "
            "anew. Keep the entry.",
            "차단되었거나 제한된 사람입니다. 지우면 그 제한도 사라져 다시 들어올 수 있으므로 남겨 두세요.",
            _page_of(entry),
        )
    Roster(ask.engine).remove(entry.iss, entry.sub)
    return Back("/admin/people", "removed")


TAB = ("/admin/people", "People", "사람")
PAGES: dict[str, Work] = {"/admin/people": show, "/admin/people/person": show_person}
CHANGES: dict[str, Work] = {
    "/admin/people/invite": invite,
    "/admin/people/change": change,
    "/admin/people/block": block,
    "/admin/people/unblock": unblock,
    "/admin/people/admit": admit,
    "/admin/people/ignore": remove,
    "/admin/people/remove": remove,
}
