import stripe
from fastapi import APIRouter, Depends
from pydantic import BaseModel

from auth import get_current_user
from config import STRIPE_SECRET_KEY

router = APIRouter()
stripe.api_key = STRIPE_SECRET_KEY


CREDIT_PACKS = {"small": 500, "large": 2000}


class IntentRequest(BaseModel):
    pack: str


@router.post("/intent")
def create_intent(data: IntentRequest, user: dict = Depends(get_current_user)):
    cents = CREDIT_PACKS[data.pack]
    intent = stripe.PaymentIntent.create(amount=cents, currency="usd", metadata={"user_id": user["sub"]})
    return {"client_secret": intent.client_secret}
