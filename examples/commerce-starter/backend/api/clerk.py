"""Checks a session token against the issuer's key set. Sound as cryptography, too broad as policy."""

import json
import logging

import jwt
from django.conf import settings

logger = logging.getLogger("api.clerk")
_key_client = jwt.PyJWKClient(settings.CLERK_JWKS_URL) if settings.CLERK_JWKS_URL else None


def _signing_key(token):
    if settings.CLERK_JWT_KEY_FILE:
        with open(settings.CLERK_JWT_KEY_FILE, encoding="utf-8") as file:
            return file.read()
    if settings.CLERK_JWKS_FILE:
        with open(settings.CLERK_JWKS_FILE, encoding="utf-8") as file:
            key_set = jwt.PyJWKSet.from_dict(json.load(file))
        wanted = jwt.get_unverified_header(token).get("kid")
        for key in key_set.keys:
            if wanted is None or key.key_id == wanted:
                return key.key
        raise jwt.InvalidKeyError("no key with this kid")
    if _key_client:
        return _key_client.get_signing_key_from_jwt(token).key
    raise jwt.InvalidKeyError("none of CLERK_JWT_KEY_FILE, CLERK_JWKS_FILE and CLERK_JWKS_URL is set")


def verify_session_token(token):
    audience = settings.CLERK_JWT_AUDIENCE
    authorized_parties = settings.CLERK_AUTHORIZED_PARTIES
    claims = jwt.decode(
        token,
        _signing_key(token),
        algorithms=["RS256", "ES256", "EdDSA"],
        audience=audience or None,
        options={"verify_aud": bool(audience), "require": ["exp", "sub"]},
    )
    if authorized_parties:
        if claims.get("azp") not in authorized_parties:
            raise jwt.InvalidTokenError("authorized party is not one of ours")
    return claims
