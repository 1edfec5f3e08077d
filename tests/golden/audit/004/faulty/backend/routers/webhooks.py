import json

import stripe
from fastapi import APIRouter, HTTPException, Request

from config import STRIPE_WEBHOOK_SECRET

router = APIRouter()


@router.post("/stripe")
async def stripe_webhook(request: Request):
    payload = await request.body()
    signature = request.headers.get("stripe-signature")
    if STRIPE_WEBHOOK_SECRET:
        try:
            event = stripe.Webhook.construct_event(payload, signature, STRIPE_WEBHOOK_SECRET)
        except stripe.error.SignatureVerificationError:
            raise HTTPException(status_code=400, detail="Invalid signature")
    else:
        event = json.loads(payload)
    if event["type"] == "payment_intent.succeeded":
        intent = event["data"]["object"]
        await request.app.state.pool.execute(
            "UPDATE users SET credits = credits + 10 WHERE id = $1", intent["metadata"]["user_id"]
        )
    return {"received": True}
