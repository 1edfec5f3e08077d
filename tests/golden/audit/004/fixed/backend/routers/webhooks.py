import stripe
from fastapi import APIRouter, HTTPException, Request

from config import STRIPE_WEBHOOK_SECRET

router = APIRouter()


@router.post("/stripe")
async def stripe_webhook(request: Request):
    payload = await request.body()
    try:
        event = stripe.Webhook.construct_event(payload, request.headers.get("stripe-signature"), STRIPE_WEBHOOK_SECRET)
    except (ValueError, stripe.error.SignatureVerificationError):
        raise HTTPException(status_code=400, detail="Invalid signature")
    pool = request.app.state.pool
    fresh = await pool.fetchval("INSERT INTO events (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id", event["id"])
    if fresh and event["type"] == "payment_intent.succeeded":
        intent = event["data"]["object"]
        await pool.execute("UPDATE users SET credits = credits + 10 WHERE id = $1", intent["metadata"]["user_id"])
    return {"received": True}
