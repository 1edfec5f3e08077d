from fastapi import APIRouter

from app.core.config import settings

router = APIRouter()


@router.get("/settings")
async def dump_settings():
    return settings.model_dump()


@router.post("/credits/grant")
async def grant(user_id: int, amount: int):
    return {"user": user_id, "amount": amount}
