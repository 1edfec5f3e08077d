import httpx
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from auth import get_current_user
from config import FAL_KEY
from limits import limiter

router = APIRouter()


class Prompt(BaseModel):
    prompt: str = Field(max_length=2000)


@router.post("/generate")
@limiter.limit("10/minute")
async def generate(data: Prompt, request: Request, user: dict = Depends(get_current_user)):
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.post(
            "https://fal.run/fal-ai/flux/dev", json={"prompt": data.prompt}, headers={"Authorization": f"Key {FAL_KEY}"}
        )
    return {"images": answer.json()["images"]}
