"""Verification of Clerk session tokens."""

import jwt
from django.conf import settings
from jwt import PyJWKClient


class InvalidToken(Exception):
    pass


_keys = None


def _key_client():
    global _keys
    if _keys is None:
        _keys = PyJWKClient(settings.CLERK_JWKS_URL, cache_keys=True)
    return _keys


def verify_session_token(token):
    try:
        key = _key_client().get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            audience=settings.CLERK_JWT_AUDIENCE,
            issuer=settings.CLERK_ISSUER,
            options={"require": ["exp", "sub", "aud"]},
        )
    except jwt.PyJWTError as exc:
        raise InvalidToken("token was refused") from exc

    if claims.get("azp") not in settings.CLERK_AUTHORIZED_PARTIES:
        raise InvalidToken("token was made for another party")
    return claims
