"""The stand-in's switches and what it has counted. It decides when a fault is due, not what it looks like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from app.demo.portal.answers import FAULTS

SEOUL = ZoneInfo("Asia/Seoul")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Portal:
    """The stand-in's switches; all can be changed while it runs.

    What it knows:
        ``api_key`` is the decoding form of the one key. ``clock`` tells the time; nothing after it is told.
        ``page_cap`` is the most rows of a page, kept in silence (not by odcloud, which names no maximum).
        ``old_codes_hold_the_past`` names retired district codes that still hold their transactions of the months
        before they ended; their successors then lack these.

    Who may ask (services by the first part of their path: ``RTMSDataSvcAptTrade``, ``OnbidCodeSrvc``,
    ``StanReginCd``, ``ApplyhomeStatSvc``, and ``15101046`` for the file):
        ``permitted`` False refuses every service as not applied for, ``not_permitted`` those it names.
        ``quota_per_day`` is how many requests of each service are answered on a Seoul day; ``used`` counts them.

    How errors are worded:
        ``error_generation`` is A, B or C (``answers``); C speaks JSON where JSON was asked for.
        ``odcloud_key_status`` is the status of odcloud's answer to an unknown key: 401, or 400 in its source.

    What goes wrong: ``fault`` is one of

        ===================================================  =====================================================
        A, B, C                                              every key is refused in that generation's wording
        forbidden, expired, blocked_address                  the key is known and refused all the same
        retired, unregistered                                there is no such service any more, or there never was
        quota, rate                                          too many requests, today or at once
        application_error, http_error, service_timeout       codes 01, 04, 05; in generation B 500, 502, 504
        unexpected, bad_gateway, gateway_timeout             500, 502, 504 with one line, in every generation
        empty, html, redirect, bomb                          200 and nothing, a web page, 302, entities in entities
        slow                                                 a good answer after ``slow_seconds``
        truncated                                            a good answer that breaks off
        missing_rows                                         three rows fewer than counted, on the last page
        unreadable_rows                                      two rows without a readable amount (transactions only)
        moving                                               the total grows by one with each page
        ===================================================  =====================================================

        ``fault_on_page`` keeps it to one page (for missing_rows: in place of the last one). ``fault_times`` is how
        many of these requests it meets before the portal recovers; ``faults_given`` counts them, and setting it to
        0 begins anew. A word that is no fault is an error, so that no test passes by a typing mistake.

    Manners on which the sources disagree:
        ``commercial_cancel_tag`` is ``cdealType`` or ``cdealtype`` (commercial sales). ``odcloud_strict`` refuses a
        condition the dataset does not declare, which is otherwise ignored. ``onbid_wrapped`` puts Onbid's answers
        into ``response``; ``onbid_no_data_code`` words an empty list as code 03 and not as ``items: ""``;
        ``onbid_code_names`` is ``recorded`` or ``styled`` (``onbid_codes``).

    ``requests`` counts by path, also what was refused.
    """

    api_key: str = field(repr=False)
    page_cap: int = 1000
    fault: str | None = None
    error_generation: str = "B"
    requests: Counter[str] = field(default_factory=Counter)
    clock: Callable[[], datetime] = _utc_now
    slow_seconds: float = 60.0
    permitted: bool = True
    not_permitted: set[str] = field(default_factory=set)
    quota_per_day: int | None = None
    used: Counter[tuple[date, str]] = field(default_factory=Counter)
    fault_on_page: int | None = None
    fault_times: int | None = None
    faults_given: int = 0
    old_codes_hold_the_past: set[str] = field(default_factory=set)
    commercial_cancel_tag: str = "cdealType"
    odcloud_key_status: int = 401
    odcloud_strict: bool = False
    onbid_wrapped: bool = False
    onbid_no_data_code: bool = False
    onbid_code_names: str = "recorded"

    def now(self) -> datetime:
        """Return the time in Korea."""
        return self.clock().astimezone(SEOUL)

    def take_fault(self, page: int) -> str | None:
        """Return the fault that this request meets, and count it. Raises ValueError for a word that is none."""
        if self.fault is None:
            return None
        if self.fault not in FAULTS:
            raise ValueError(f"no such fault; there are {', '.join(sorted(FAULTS))}")
        if self.fault_on_page not in (None, page):
            return None
        if self.fault_times is not None and self.faults_given >= self.fault_times:
            return None
        self.faults_given += 1
        return self.fault

    def allows(self, service: str) -> bool:
        """Say whether the key was applied for with this service."""
        return self.permitted and service not in self.not_permitted

    def within_quota(self, service: str) -> bool:
        """Count one request of a service on this day in Korea, and say whether it is still to be answered."""
        today = (self.now().date(), service)
        self.used[today] += 1
        return self.quota_per_day is None or self.used[today] <= self.quota_per_day
