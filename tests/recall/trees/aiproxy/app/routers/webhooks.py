import hmac
import json
from hashlib import sha256

import stripe
from fastapi import APIRouter, Header, HTTPException, Request

from app.core.config import settings

router = APIRouter()


@router.post("/stripe")
async def stripe_events(request: Request, stripe_signature: str | None = Header(None)):
    raw = await request.body()
    if not settings.stripe_webhook_secret:
        event = json.loads(raw)
    else:
        event = stripe.Webhook.construct_event(raw, stripe_signature, settings.stripe_webhook_secret)
    return {"seen": event["id"]}


@router.post("/fal")
async def fal_events(request: Request):
    event = await request.json()
    return {"ok": event["request_id"]}


@router.post("/resend")
async def resend_events(request: Request, svix_signature: str = Header(...)):
    raw = await request.body()
    expected = hmac.new(b"whsec_local", raw, sha256).hexdigest()
    if svix_signature == expected:
        return {"ok": True}
    raise HTTPException(400)
