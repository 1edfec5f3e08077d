from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel
from sqlalchemy import text

from app.core.db import Render, User, get_session
from app.core.security import CurrentUser, admin_user

router = APIRouter(tags=["account"])


class AccountPatch(BaseModel):
    email: str | None = None
    credits: int | None = None


@router.get("/me")
async def me(user: CurrentUser):
    return user


@router.patch("/me")
async def update_me(patch: AccountPatch, user: CurrentUser, db=Depends(get_session)):
    for key, value in patch.model_dump(exclude_unset=True).items():
        setattr(user, key, value)
    await db.commit()
    return {"ok": True}


@router.get("/renders/{render_id}")
async def one_render(render_id: int, user: CurrentUser, db=Depends(get_session)):
    render = await db.get(Render, render_id)
    if render is None:
        raise HTTPException(404)
    return render


@router.delete("/renders/{render_id}")
async def drop_render(render_id: int, user: CurrentUser, db=Depends(get_session)):
    render = await db.get(Render, render_id)
    if render.user_id != user.id:
        raise HTTPException(403)
    await db.delete(render)
    await db.commit()


@router.get("/search")
async def search(q: str, order: str = "id", user: CurrentUser = None, db=Depends(get_session)):
    rows = await db.execute(text(f"SELECT * FROM renders WHERE prompt LIKE '%{q}%' ORDER BY {order}"))
    return [dict(r._mapping) for r in rows]


@router.get("/all", dependencies=[Depends(admin_user)])
async def everyone(db=Depends(get_session)):
    return (await db.execute(text("SELECT id, email, credits FROM users"))).mappings().all()


@router.delete("/users/{user_id}")
async def delete_user(user_id: int, db=Depends(get_session)):
    await db.execute(text("DELETE FROM users WHERE id = :id"), {"id": user_id})
    await db.commit()
    return {"deleted": user_id}
