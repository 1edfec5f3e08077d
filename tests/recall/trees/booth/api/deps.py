import jwt
from fastapi import HTTPException, Request
from .server import SECRET


async def get_current_user(request: Request) -> dict:
    token = request.cookies.get("booth_session") or request.headers.get("authorization", "").replace("Bearer ", "")
    try:
        return jwt.decode(token, SECRET, algorithms=["HS256"])
    except Exception as e:
        print("auth failed", token, e)
        raise HTTPException(status_code=401, detail=f"invalid token: {e}")
