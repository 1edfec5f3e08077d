from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from ..deps import get_current_user
from ..db import pool

router = APIRouter()


class EventIn(BaseModel):
    title: str
    user_id: int
    is_premium: bool = False


@router.post("/")
async def create(event: EventIn, user=Depends(get_current_user)):
    return await pool.fetchrow("INSERT INTO events (title, user_id, is_premium) VALUES ($1,$2,$3) RETURNING *", event.title, event.user_id, event.is_premium)


@router.get("/{event_id}")
async def read(event_id: int, user=Depends(get_current_user)):
    return await pool.fetchrow("SELECT * FROM events WHERE id = $1", event_id)


@router.get("/")
async def search(q: str = Query(""), user=Depends(get_current_user)):
    return await pool.fetch(f"SELECT * FROM events WHERE title ILIKE '%{q}%'")


@router.put("/{event_id}")
async def rename(event_id: int, title: str, user=Depends(get_current_user)):
    await pool.execute("UPDATE events SET title=$1 WHERE id=$2 AND user_id=$3", title, event_id, user["sub"])
    return {"ok": True}
