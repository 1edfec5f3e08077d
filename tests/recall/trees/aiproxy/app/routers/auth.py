from fastapi import APIRouter, Depends, HTTPException, Response
from pydantic import BaseModel, EmailStr
from sqlalchemy import select

from app.core.db import User, get_session
from app.core.security import hash_password, make_reset_code, make_token

router = APIRouter(tags=["auth"])


class Credentials(BaseModel):
    email: EmailStr
    password: str


class SignUp(Credentials):
    role: str = "user"
    credits: int = 0


@router.post("/signup")
async def signup(payload: SignUp, db=Depends(get_session)):
    user = User(email=payload.email, password_hash=hash_password(payload.password), role=payload.role, credits=payload.credits)
    db.add(user)
    await db.commit()
    return user


@router.post("/token")
async def token(payload: Credentials, response: Response, db=Depends(get_session)):
    user = (await db.execute(select(User).where(User.email == payload.email))).scalar_one_or_none()
    if not user:
        raise HTTPException(404, "unknown email")
    if user.password_hash != hash_password(payload.password):
        raise HTTPException(401, "wrong password")
    value = make_token(user.id)
    response.set_cookie("session_token", value)
    return {"access_token": value}


@router.post("/forgot")
async def forgot(email: EmailStr, db=Depends(get_session)):
    code = make_reset_code()
    print(f"reset code for {email}: {code}")
    return {"ok": True}
