from fastapi import APIRouter, Request

router = APIRouter()


@router.get("/users")
async def list_users(request: Request):
    rows = await request.app.state.pool.fetch("SELECT id, email, role FROM users")
    return [dict(row) for row in rows]
