"""The message for somebody who was let in, in English and in Korean: what to do, one step a line."""

from __future__ import annotations


def invitation(
    server_url: str, *, email: str = "", client_id: str = "", link: str = "", until: str | None = None
) -> dict[str, str]:
    """The message by language. ``link`` sets a password and is blank for an old account; ``client_id`` is blank when
    programs register by themselves; without an ``email`` the account is not spoken of."""
    facts = (server_url, email, client_id, link, until)
    return {"en": _english(*facts), "ko": _korean(*facts)}


def _english(server_url: str, email: str, client_id: str, link: str, until: str | None) -> str:
    own = f"\n   Under Advanced OAuth settings, Client ID: {client_id} (no secret)" if client_id else ""
    account = [f"Set your password here (the link works once, for seven days):\n   {link}"] if link else []
    account = account or ([f"You have an account already: {email}."] if email else [])
    steps = [
        *account,
        "In ChatGPT: Settings → Security and login → Developer mode on. Then, on the plugins page, press + and fill "
        "in:\n"
        f"   Server URL: {server_url}\n   Authentication: OAuth{own}",
        f"Press Create, and log in{f' as {email}' if email else ''}.",
    ]
    end = f"\nYour access ends on {until}." if until else ""
    return f"You are invited to use our tools in ChatGPT.\n\n{_numbered(steps)}{end}"


def _korean(server_url: str, email: str, client_id: str, link: str, until: str | None) -> str:
    own = f"\n   Advanced OAuth settings의 Client ID: {client_id} (secret은 비워 두세요)" if client_id else ""
    account = [f"아래 링크에서 비밀번호를 정하세요(한 번만, 7일 동안 쓸 수 있습니다).\n   {link}"] if link else []
    account = account or ([f"이미 계정이 있습니다: {email}"] if email else [])
    steps = [
        *account,
        "ChatGPT에서 설정 → 보안 및 로그인 → 개발자 모드를 켠 다음, 플러그인 페이지에서 +를 누르고 입력하세요.\n"
        f"   Server URL: {server_url}\n   Authentication: OAuth{own}",
        f"Create를 누르고 {f'{email}(으)로 ' if email else ''}로그인하세요.",
    ]
    end = f"\n이용 기한: {until}" if until else ""
    return f"ChatGPT에서 저희 도구를 쓸 수 있도록 초대합니다.\n\n{_numbered(steps)}{end}"


def _numbered(steps: list[str]) -> str:
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
