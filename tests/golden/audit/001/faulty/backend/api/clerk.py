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
    audience = settings.CLERK_JWT_AUDIENCE or None
    authorized_parties = settings.CLERK_AUTHORIZED_PARTIES
    try:
        key = _key_client().get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            audience=audience,
            issuer=settings.CLERK_ISSUER,
            options={
                "verify_aud": bool(audience),
                "require": ["exp", "sub"],
            },
        )
    except jwt.PyJWTError as exc:
        raise InvalidToken("token was refused") from exc

    if authorized_parties:
        azp = claims.get("azp")
        if azp not in authorized_parties:
            raise InvalidToken("token was made for another party")
    return claims
