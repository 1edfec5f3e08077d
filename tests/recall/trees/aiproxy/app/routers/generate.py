import httpx
import requests
from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel

from app.core.config import settings
from app.core.security import CurrentUser

router = APIRouter()


class Prompt(BaseModel):
    prompt: str
    image_url: str | None = None


@router.post("/images")
async def images(p: Prompt, user: CurrentUser):
    source = None
    if p.image_url:
        source = requests.get(p.image_url, verify=False).content
    async with httpx.AsyncClient(timeout=None) as client:
        reply = await client.post("https://fal.run/fal-ai/flux", headers={"Authorization": f"Key {settings.fal_key}"}, json={"prompt": p.prompt})
    if reply.status_code != 200:
        raise HTTPException(502, detail=reply.text)
    return reply.json()


@router.post("/trial")
async def trial(p: Prompt):
    async with httpx.AsyncClient() as client:
        reply = await client.post("https://fal.run/fal-ai/flux/schnell", headers={"Authorization": f"Key {settings.fal_key}"}, json={"prompt": p.prompt})
    return reply.json()
