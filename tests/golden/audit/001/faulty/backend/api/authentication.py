"""Signs API requests in with a Clerk session token."""

from dataclasses import dataclass

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from .clerk import InvalidToken, verify_session_token


@dataclass
class ClerkPrincipal:
    clerk_user_id: str
    claims: dict

    @property
    def is_authenticated(self):
        return True


class ClerkJWTAuthentication(BaseAuthentication):
    keyword = "Bearer"

    def authenticate(self, request):
        token = self._token_from(request)
        if not token:
            return None
        try:
            claims = verify_session_token(token)
        except InvalidToken as exc:
            raise AuthenticationFailed("Invalid session token.") from exc
        return ClerkPrincipal(claims["sub"], claims), token

    def authenticate_header(self, request):
        return self.keyword

    def _token_from(self, request):
        header = request.headers.get("Authorization", "")
        if header.startswith("Bearer "):
            return header.removeprefix("Bearer ").strip()
        # Same-site pages do not send the header, so fall back to Clerk's cookie.
        cookie_token = request.COOKIES.get("__session")
        if cookie_token:
            return cookie_token
        return None
