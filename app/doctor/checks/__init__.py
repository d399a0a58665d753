"""The catalogue: every check once, causes before consequences. Explicit on purpose."""

from app.doctor.checks import authorization_server as _authorization_server
from app.doctor.checks import authorize as _authorize
from app.doctor.checks import configuration as _configuration
from app.doctor.checks import documents as _documents
from app.doctor.checks import knock as _knock
from app.doctor.checks import metadata as _metadata
from app.doctor.checks import network as _network
from app.doctor.checks import operation as _operation
from app.doctor.checks import protocol as _protocol
from app.doctor.checks import refusals as _refusals
from app.doctor.checks import registration as _registration
from app.doctor.checks import requests as _requests
from app.doctor.checks import storage as _storage
from app.doctor.checks import tls as _tls
from app.doctor.checks import token as _token
from app.doctor.checks import tools as _tools

_IN_ORDER = (
    _configuration,
    _network,
    _tls,
    _storage,
    _operation,
    _knock,
    _metadata,
    _authorization_server,
    _documents,
    _registration,
    _authorize,
    _token,
    _protocol,
    _tools,
    _requests,
    _refusals,
)

CHECKS = tuple(one for room in _IN_ORDER for one in room.CHECKS)
