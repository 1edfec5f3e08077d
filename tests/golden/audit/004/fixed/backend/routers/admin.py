from fastapi import APIRouter, Depends, Request

from auth import require_admin

router = APIRouter(dependencies=[Depends(require_admin)])


@router.get("/users")
async def list_users(request: Request):
    rows = await request.app.state.pool.fetch("SELECT id, email, role FROM users")
    return [dict(row) for row in rows]
