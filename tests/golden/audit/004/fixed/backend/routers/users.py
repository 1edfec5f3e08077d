import logging
from typing import Optional

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, EmailStr, Field

from auth import get_current_user, hash_password, make_token, verify_password
from limits import limiter
from mail import send_verification_link

router = APIRouter()
logger = logging.getLogger("pictures.users")


class Credentials(BaseModel):
    email: EmailStr
    password: str = Field(min_length=12)


class UserUpdate(BaseModel):
    email: Optional[EmailStr] = None
    birth_date: Optional[str] = None


@router.post("/auth/register")
@limiter.limit("5/minute")
async def register(data: Credentials, request: Request):
    pool = request.app.state.pool
    user_id = await pool.fetchval(
        "INSERT INTO users (email, password_hash) VALUES ($1, $2) RETURNING id",
        data.email,
        hash_password(data.password),
    )
    await send_verification_link(data.email)
    return {"id": str(user_id)}


@router.post("/auth/login")
@limiter.limit("5/minute")
async def login(data: Credentials, request: Request, response: Response):
    logger.info("login attempt")
    user = await request.app.state.pool.fetchrow("SELECT id, role, password_hash FROM users WHERE email = $1", data.email)
    if user is None or not verify_password(data.password, user["password_hash"]):
        raise HTTPException(status_code=401, detail="Wrong address or password")
    token = make_token(str(user["id"]), user["role"])
    response.set_cookie("session_token", token, httponly=True, secure=True, samesite="lax", max_age=900)
    return {"token": token}


@router.get("/users/me")
async def me(request: Request, user: dict = Depends(get_current_user)):
    row = await request.app.state.pool.fetchrow("SELECT id, email, birth_date FROM users WHERE id = $1", user["sub"])
    return dict(row)


@router.patch("/users/me")
async def update_me(data: UserUpdate, request: Request, user: dict = Depends(get_current_user)):
    changes = data.model_dump(exclude_unset=True)
    columns = ", ".join(f"{name} = ${i}" for i, name in enumerate(changes, start=2))
    await request.app.state.pool.execute(f"UPDATE users SET {columns} WHERE id = $1", user["sub"], *changes.values())
    return {"ok": True}


@router.get("/users/search")
async def search(q: str, request: Request, user: dict = Depends(get_current_user)):
    rows = await request.app.state.pool.fetch(
        "SELECT id, name FROM users WHERE name ILIKE '%' || $1 || '%' AND owner_id = $2", q, user["sub"]
    )
    return [dict(row) for row in rows]
