"""The rows of ``app/journal/reasons.py`` in Korean: what was looked at, and what to do next."""

from __future__ import annotations

_AUTH0_RESOURCE = (
    "Auth0의 Settings → Advanced에서 Resource Parameter Compatibility Profile을 켜고, Identifier가 정확히 "
    "PUBLIC_BASE_URL/mcp인 API가 있는지 확인하세요. 그다음 다시 로그인합니다."
)
_CLIENT_BUG = (
    "이 서버에서 할 일은 없습니다. 어떤 로그인에서도 나오지 않는 것을 보냈습니다. 반복되면 그 주소를 차단하세요."
)
_CLOCK = "이 컴퓨터의 시계를 실제 시각과 비교하고(timedatectl) 시각 동기화를 켜세요."

KOREAN: dict[str, tuple[str, str]] = {
    "missing_token": (
        "액세스 토큰을 보냈는지",
        "처음 연결할 때는 정상입니다. 계속되면 프로그램이 로그인하지 못하는 것이니 다시 연결하세요.",
    ),
    "bad_link": (
        "이 서버가 만든 이 화면의 링크이고 7일이 지나지 않았는지",
        "대화에서 다시 물어 새 링크를 받으세요. 모든 링크가 안 되면 다시 시작해도 DATA_DIR이 남아 있는지 보세요. "
        "링크의 키가 그 안에 있습니다.",
    ),
    "malformed_authorization": ("Authorization 헤더가 Bearer 토큰 하나인지", _CLIENT_BUG),
    "too_large": ("토큰의 크기", "로그인 서비스에서 그 사람의 권한이나 토큰에 넣는 항목을 줄이세요."),
    "malformed": ("토큰이 서명된 JWT인지", _CLIENT_BUG),
    "encrypted": ("토큰이 암호화되지 않고 서명되었는지", _AUTH0_RESOURCE),
    "opaque": ("토큰이 불투명하지 않은 JWT인지", _AUTH0_RESOURCE),
    "alg_not_allowed": (
        "서명 알고리즘(alg)",
        "Auth0에서 API의 Signing Algorithm을 RS256으로 정하세요. 다른 서비스라면 OAUTH_ALGORITHMS에 그 알고리즘을 적습니다.",
    ),
    "typ_not_allowed": (
        "토큰의 종류(typ)",
        "프로그램이 액세스 토큰이 아닌 것(아마 ID 토큰)을 보냅니다. 다시 연결하세요.",
    ),
    "critical_header": ("헤더 확장(crit)", _CLIENT_BUG),
    "sender_constrained": (
        "토큰이 키에 묶이지 않았는지(cnf)",
        "로그인 서비스에서 이 API의 DPoP와 mTLS 결합을 끄세요. MCP 프로그램은 bearer 토큰을 보냅니다.",
    ),
    "bad_signature": (
        "서명",
        "토큰이 도중에 바뀌었거나 위조되었습니다. 모든 사람의 토큰이 그렇다면 AUTH0_DOMAIN이나 OAUTH_ISSUER가 맞는 "
        "테넌트인지 확인하세요.",
    ),
    "unknown_key": (
        "서명 키(kid)",
        "다른 테넌트의 토큰이거나 키가 폐기되었습니다. 다시 로그인하고, 그래도 안 되면 AUTH0_DOMAIN을 테넌트 이름과 "
        "비교하세요.",
    ),
    "wrong_issuer": (
        "발급자(iss)",
        "받은 값이 내 테넌트라면 AUTH0_DOMAIN이나 OAUTH_ISSUER를 끝의 슬래시까지 그대로 맞추세요. 사용자 지정 도메인을 "
        "쓰면 그 도메인이 발급자입니다.",
    ),
    "wrong_audience": (
        "대상(aud)",
        "Auth0의 Applications → APIs에서 Identifier를 PUBLIC_BASE_URL/mcp와 한 글자씩 비교하세요. 바꿀 수 없으므로 다르면 "
        "맞는 값으로 API를 새로 만듭니다.",
    ),
    "missing_exp": ("만료 시각(exp)", "로그인 서비스에서 토큰의 수명을 정하세요. 끝이 없는 토큰은 거절합니다."),
    "expired": (
        "만료 시각(exp)",
        "토큰마다 한 번은 정상이며 프로그램이 스스로 새로 받습니다. 계속되면 API에 offline access를 허용하거나 이 컴퓨터의 "
        "시계를 확인하세요.",
    ),
    "not_yet_valid": ("유효 시작 시각(nbf)", _CLOCK),
    "issued_in_future": ("발급 시각(iat)", _CLOCK),
    "missing_sub": ("주체(sub)", "토큰에 사람이 없습니다. 클라이언트 자격 증명이 아니라 사람으로 로그인하세요."),
    "malformed_claims": (
        "항목의 형식",
        "로그인 서비스가 어떤 항목을 드문 형식으로 적습니다. 그곳에서 토큰을 바꾸는 Action을 살펴보세요.",
    ),
    "insufficient_scope": (
        "이 도구에 필요한 권한",
        "로그인 서비스에서 그 사람에게 권한을 주고(Auth0: User Management → 사람 → Permissions) 프로그램에서 다시 "
        "로그인하게 하세요. 또는 사람 화면에서 줍니다.",
    ),
    "person_blocked": ("차단된 사람이 아닌지", "직접 차단한 사람입니다. 사람 화면에서 차단을 풀면 다시 들어옵니다."),
    "person_expired": (
        "이용 기한이 남았는지",
        "정해 둔 기한이 끝났습니다. 더 주려면 사람 화면에서 기한을 바꾸세요.",
    ),
    "client_blocked": (
        "차단된 프로그램이 아닌지",
        "직접 차단한 프로그램입니다. 프로그램 화면에서 차단을 풀면 다시 들어옵니다.",
    ),
    "door_closed": (
        "문이 열려 있는지",
        "직접 문을 닫았습니다. 지금 화면에서 열거나 gatehouse access open을 실행하세요.",
    ),
    "not_invited": (
        "초대한 사람인지",
        "누군가 들어오기를 기다립니다. 사람 화면에서 들이세요. 들이지 않으려면 할 일이 없습니다.",
    ),
    "not_an_owner": (
        "이 화면의 소유자인지",
        "다른 사람이 소유자 화면을 열려 했고 아무것도 보지 못했습니다. 그 사람의 화면이어야 한다면: gatehouse people scopes "
        "SUBJECT --grant admin",
    ),
    "foreign_log_in": (
        "이 브라우저에서 시작한 로그인인지",
        "소유자 화면에서 다시 로그인하세요. 반복되면 누군가 자기 로그인을 이 브라우저에 넣으려는 것이니 주소를 직접 입력해 "
        "여세요.",
    ),
    "log_in_failed": (
        "소유자 화면 로그인에 대한 로그인 서비스의 답",
        "다시 로그인하세요. 답은 잠시 동안 한 번만 쓸 수 있습니다. 반복되면 진단 화면을 보세요.",
    ),
    "not_done_at_auth0": (
        "소유자 화면이 Auth0에 요청한 것",
        "Auth0의 답은 화면에 나왔습니다. 여기서는 바뀐 것이 없으니 나머지는 Auth0의 로그를 보세요.",
    ),
    "bad_form": ("소유자 화면에서 바꾸려던 것", "바뀐 것은 없습니다. 화면으로 돌아가 양식을 다시 채우세요."),
    "token_too_old": (
        "정해 둔 시각 뒤에 발급된 토큰인지",
        "토큰까지 거절하며 문을 닫은 뒤 프로그램마다 한 번은 정상입니다. 스스로 새로 받습니다.",
    ),
    "capped": (
        "그 사람의 한도로 이 도구를 쓸 수 있는지",
        "직접 정한 한도입니다. 사람 화면에서 한도를 올릴 수 있습니다.",
    ),
    "step_up_failed": (
        "다시 로그인해 권한을 받았는지",
        "다시 로그인하도록 보냈지만 로그인 서비스가 권한을 주지 않았습니다. 그곳이나 사람 화면에서 권한을 주면 다시 쓸 수 "
        "있습니다.",
    ),
    "local_only": (
        "밖에서 쓸 수 있는 도구인지",
        "이 컴퓨터에서만 쓰는 도구입니다(gatehouse stdio). 네트워크에서는 없는 도구입니다.",
    ),
    "undeclared_scope": (
        "도구가 필요한 권한을 밝히는지",
        "권한을 밝히지 않은 도구는 아무도 쓸 수 없습니다. 도구를 만든 사람에게 알리세요.",
    ),
    "unknown_tool": (
        "있는 도구인지",
        "없는 도구를 불렀습니다. 프로그램이 예전 목록을 가지고 있을 수 있으니 그곳에서 새로 고치세요.",
    ),
    "people_unavailable": (
        "사람 저장소를 읽을 수 있는지",
        "서버 로그를 보세요. 데이터베이스(DATABASE_URL 또는 DATA_DIR)를 읽을 수 없습니다. 차단된 사람이 있을 수 있어 그동안 "
        "아무도 들이지 않습니다.",
    ),
    "authorization_server_unavailable": (
        "로그인 서비스에 닿는지",
        "로그인 서비스가 켜져 있고 이 컴퓨터에서 닿는지 보세요. 바뀐 권한은 없으며 프로그램은 스스로 다시 시도합니다.",
    ),
    "rate_limited": (
        "요청 수",
        "환영하는 사람이라면 RATE_LIMIT_PER_PERSON을 올리세요. 잘못된 토큰이 쏟아지는 것이라면 할 일이 없습니다.",
    ),
    "private_network_only": (
        "요청한 곳의 네트워크",
        "AUTH_MODE=none이면 사설 네트워크에서만 들어옵니다. 밖에서 쓰려면 AUTH_MODE=oauth로 바꾸세요.",
    ),
    "misdirected_request": (
        "Host 헤더",
        "PUBLIC_BASE_URL이 아닌 이름을 썼습니다. 프로그램에서 그 주소를 쓰거나 설정을 바꾸세요.",
    ),
    "origin_not_allowed": (
        "Origin 헤더",
        "어떤 웹 페이지가 이 서버를 불렀습니다. 쓰는 프로그램이라면 그 origin을 ALLOWED_ORIGINS에 더하세요.",
    ),
    "internal_error": ("없음: 서버 자체의 오류", "서버 로그에서 참조 코드를 찾아 그 내용을 알려 주세요."),
}

UNKNOWN = (
    "요청의 형식",
    "MCP에 없는 형식의 요청을 보냈습니다. 잘 알려진 프로그램이라면 알려 주세요.",
)


def explained(reason: str) -> tuple[str, str]:
    """What was looked at and what to do, for a reason; for the many forms of a bad request, one row for all."""
    return KOREAN.get(reason, UNKNOWN)
