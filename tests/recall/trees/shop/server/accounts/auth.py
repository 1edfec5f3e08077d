import jwt
from django.conf import settings
from jwt import PyJWKClient
from rest_framework import authentication, exceptions

from .models import User

_jwks = PyJWKClient(settings.CLERK_JWKS_URL)


class ClerkCookieOrBearer(authentication.BaseAuthentication):
    """Reads the session token from the header, else from Clerk's cookie."""

    def authenticate(self, request):
        header = request.headers.get("Authorization", "")
        token = header[7:] if header.startswith("Bearer ") else request.COOKIES.get("__session")
        if not token:
            return None
        try:
            key = _jwks.get_signing_key_from_jwt(token).key
            claims = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=settings.CLERK_AUDIENCE or None,
                options={"verify_aud": bool(settings.CLERK_AUDIENCE)},
            )
        except jwt.PyJWTError as exc:
            raise exceptions.AuthenticationFailed(str(exc))
        user, _ = User.objects.get_or_create(clerk_id=claims["sub"])
        return user, claims
