"""What a fault means to the owner and what to do next, in English and Korean. Nothing a portal said is in it."""

from __future__ import annotations

from app.tools.base import Locale
from app.tools.real_estate.contract import Dataset
from app.tools.real_estate.sources.credentials import Credential
from app.tools.real_estate.sources.faults import Kind

_ENGLISH: dict[Kind, str] = {
    "unset": "The open-data portal needs a key, and {setting} is not set. A key is free of charge: sign up at "
    "data.go.kr, choose 활용신청 at {page}, and put the key into {setting}.",
    "misshapen": "The value of {setting} is no key: it holds spaces, line breaks or letters that no key has. The "
    "portal was not asked. Copy the key anew from data.go.kr (마이페이지); either printed form works.",
    "key": "The open-data portal does not know the key in {setting}. Compare it with the key shown on data.go.kr "
    "(마이페이지); either printed form works. If it is the same, choose 활용신청 at {page}. A new key or application "
    "can take two hours to become active.",
    "no key": "The open-data portal saw no key in the request. Check {setting}, and {base}: a wrong address is "
    "answered in the same way.",
    "application": "The open-data portal knows the key in {setting}, but it is not registered for this dataset. "
    "Choose 활용신청 at {page} with the key's account (approval is automatic), and allow up to two hours.",
    "access": "The open-data portal refuses access: {setting} is empty, or 활용신청 at {page} is missing.",
    "expired": "The open-data portal says that the key in {setting} has expired or is suspended. Renew the "
    "application (활용신청) at {page}.",
    "address": "The open-data portal refuses this server's IP address. The settings of the account whose key is in "
    "{setting} say on data.go.kr which addresses are allowed.",
    "quota": "The open-data portal says that today's quota of this dataset is used up. It is reset at midnight in "
    "Korea (00:00 KST).",
    "spent": "This server has sent all {per_day} requests that the open-data portal allows for this dataset per day, "
    "so it did not ask. The count begins anew at midnight in Korea (00:00 KST).",
    "rate": "The open-data portal is receiving too many requests at once. The same question can be asked again in a "
    "minute.",
    "request": "The open-data portal did not accept the request's parameters. Check the arguments; if they are right, "
    "check {setting}, because a damaged key is answered in the same way.",
    "retired": "The open-data portal has no service at this address. Check {base}; if it is right, the service was "
    "moved, and {page} says where.",
    "hiccup": "The open-data portal has a fault of its own at present. The same question can be asked again later.",
    "fault": "The open-data portal has a fault of its own at present. The same question can be asked again later.",
    "no data": "The open-data portal says that it has no data, which it never says of a month without contracts. The "
    "same question can be asked again later.",
    "redirect": "The open-data portal pointed to another address, which is not followed. Check {base}.",
    "empty": "The open-data portal sent an empty answer, which does not mean that there is no data. The same question "
    "can be asked again later.",
    "large": "The open-data portal sent more than this server takes, and nothing was read. Ask for less at once.",
    "timeout": "The open-data portal did not answer in time. The same question can be asked again later.",
    "budget": "The open-data portal did not deliver everything within {seconds:.0f} seconds.",
    "unreachable": "The open-data portal cannot be reached. Check this server's network and {base}.",
    "unreadable": "The open-data portal sent something other than its documents describe, so nothing is known. The "
    "same question can be asked again later.",
    "moving": "The open-data portal changed its data while the pages were read. The same question can be asked again "
    "in a minute.",
    "partial": "The open-data portal did not deliver the rows it counted, and statistics on a part are refused. The "
    "same question can be asked again later.",
}
_KOREAN: dict[Kind, str] = {
    "unset": "공공데이터포털에는 인증키가 필요한데 {setting} 설정이 비어 있습니다. 키는 무료입니다. data.go.kr에 "
    "가입하고 {page} 에서 활용신청을 한 뒤, 받은 키를 {setting}에 넣어 주세요.",
    "misshapen": "{setting}의 값은 인증키가 아닙니다. 키에 쓰이지 않는 공백, 줄바꿈 또는 문자가 들어 있어 포털에 묻지 "
    "않았습니다. data.go.kr 마이페이지에서 키를 다시 복사해 주세요. 두 형식(Encoding, Decoding) 모두 쓸 수 있습니다.",
    "key": "공공데이터포털이 {setting}의 인증키를 알지 못합니다. data.go.kr 마이페이지의 키와 비교해 주세요. 두 형식 "
    "모두 쓸 수 있습니다. 키가 같다면 {page} 에서 활용신청을 해 주세요. 새 키나 신청이 반영되기까지 두 시간쯤 걸릴 수 "
    "있습니다.",
    "no key": "공공데이터포털이 요청에서 인증키를 찾지 못했습니다. {setting} 설정을 확인하고, 주소가 틀려도 같은 답이 "
    "오므로 {base}도 확인해 주세요.",
    "application": "공공데이터포털이 {setting}의 인증키를 알지만, 이 데이터셋에는 등록되어 있지 않습니다. 그 키의 "
    "계정으로 {page} 에서 활용신청을 해 주세요(자동 승인). 반영되기까지 두 시간쯤 걸릴 수 있습니다.",
    "access": "공공데이터포털이 접근을 거부했습니다. {setting} 설정이 비어 있거나 {page} 의 활용신청이 없습니다.",
    "expired": "공공데이터포털에 따르면 {setting}의 인증키가 만료되었거나 정지되었습니다. {page} 에서 활용신청을 "
    "갱신해 주세요.",
    "address": "공공데이터포털이 이 서버의 IP 주소를 거부했습니다. {setting} 키의 계정에서 data.go.kr에 등록된 허용 "
    "주소를 확인해 주세요.",
    "quota": "이 데이터셋의 오늘 호출 한도를 모두 썼다고 공공데이터포털이 답했습니다. 한국 시간 자정(00:00 KST)에 "
    "초기화됩니다.",
    "spent": "이 서버가 이 데이터셋의 하루 호출 한도 {per_day}회를 모두 보냈으므로 포털에 묻지 않았습니다. 한국 시간 "
    "자정(00:00 KST)에 다시 셉니다.",
    "rate": "공공데이터포털에 한꺼번에 너무 많은 요청이 갔습니다. 1분 뒤에 같은 질문을 다시 할 수 있습니다.",
    "request": "공공데이터포털이 요청의 매개변수를 받아들이지 않았습니다. 인수를 확인해 주세요. 인수가 맞다면, 손상된 "
    "키에도 같은 답이 오므로 {setting} 설정을 확인해 주세요.",
    "retired": "공공데이터포털의 이 주소에는 서비스가 없습니다. {base} 설정을 확인해 주세요. 맞다면 서비스가 옮겨진 "
    "것이고, {page} 에서 알 수 있습니다.",
    "hiccup": "지금 공공데이터포털에 장애가 있습니다. 나중에 같은 질문을 다시 할 수 있습니다.",
    "fault": "지금 공공데이터포털에 장애가 있습니다. 나중에 같은 질문을 다시 할 수 있습니다.",
    "no data": "공공데이터포털이 데이터가 없다고 답했지만, 계약이 없는 달에는 그렇게 답하지 않습니다. 나중에 같은 "
    "질문을 다시 할 수 있습니다.",
    "redirect": "공공데이터포털이 다른 주소를 가리켰지만 따라가지 않습니다. {base} 설정을 확인해 주세요.",
    "empty": "공공데이터포털이 빈 답을 보냈습니다. 데이터가 없다는 뜻이 아닙니다. 나중에 같은 질문을 다시 할 수 "
    "있습니다.",
    "large": "공공데이터포털이 이 서버가 받을 수 있는 것보다 많이 보내서 아무것도 읽지 않았습니다. 한 번에 더 적게 "
    "물어 주세요.",
    "timeout": "공공데이터포털이 제때 답하지 않았습니다. 나중에 같은 질문을 다시 할 수 있습니다.",
    "budget": "공공데이터포털이 {seconds:.0f}초 안에 모두 보내 주지 않았습니다.",
    "unreachable": "공공데이터포털에 연결할 수 없습니다. 이 서버의 네트워크와 {base} 설정을 확인해 주세요.",
    "unreadable": "공공데이터포털이 문서와 다른 것을 보내서 아무것도 알 수 없습니다. 나중에 같은 질문을 다시 할 수 "
    "있습니다.",
    "moving": "쪽을 읽는 동안 공공데이터포털의 데이터가 바뀌었습니다. 1분 뒤에 같은 질문을 다시 할 수 있습니다.",
    "partial": "공공데이터포털이 스스로 센 만큼 행을 보내지 않았고, 일부만으로는 통계를 내지 않습니다. 나중에 같은 "
    "질문을 다시 할 수 있습니다.",
}
_TEXTS = {"en": _ENGLISH, "ko": _KOREAN}
_KEPT = {
    "en": "{done} of {total} months are already fetched and kept; asking the same question again goes on from there.",
    "ko": "{total}개월 중 {done}개월은 이미 받아 보관했습니다. 같은 질문을 다시 하면 나머지부터 이어서 받습니다.",
}
_PROGRESS = {"en": "{done} of {total} months", "ko": "{total}개월 중 {done}개월"}


def advice(kind: Kind, credential: Credential, dataset: Dataset, seconds: float, locale: Locale) -> str:
    """Say what happened, why, and what can be done. ``seconds`` is how long a whole question may take."""
    return _TEXTS[locale][kind].format(
        setting=credential.setting, base=credential.base, page=dataset.page, per_day=dataset.per_day, seconds=seconds
    )


def kept_so_far(done: int, total: int, locale: Locale) -> str:
    """Say how much of a long question need not be fetched again."""
    return _KEPT[locale].format(done=done, total=total)


def progress_message(done: int, total: int, locale: Locale) -> str:
    """Say how far a long question is."""
    return _PROGRESS[locale].format(done=done, total=total)
