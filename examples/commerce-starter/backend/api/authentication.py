import logging

import jwt
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from .clerk import verify_session_token

logger = logging.getLogger("api.authentication")


class ClerkUser:
    is_authenticated = True

    def __init__(self, claims):
        self.claims = claims
        self.id = claims["sub"]


class ClerkJWTAuthentication(BaseAuthentication):
    def authenticate(self, request):
        token = self._token(request)
        if not token:
            return None
        try:
            claims = verify_session_token(token)
        except jwt.PyJWTError as error:
            raise AuthenticationFailed(f"token refused: {error}")
        return ClerkUser(claims), token

    def authenticate_header(self, request):
        return "Bearer"

    def _token(self, request):
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if header.startswith("Bearer "):
            return header[len("Bearer "):]
        # A browser that signed in with Clerk sends this cookie along with everything, asked or not.
        cookie_token = request.COOKIES.get("__session")
        if cookie_token:
            return cookie_token
        return None
