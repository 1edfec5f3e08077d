import stripe
from fastapi import APIRouter, Depends
from pydantic import BaseModel

from auth import get_current_user
from config import STRIPE_SECRET_KEY

router = APIRouter()
stripe.api_key = STRIPE_SECRET_KEY


class IntentRequest(BaseModel):
    user_id: str
    amount: int


@router.post("/intent")
def create_intent(data: IntentRequest, user: dict = Depends(get_current_user)):
    intent = stripe.PaymentIntent.create(amount=data.amount, currency="usd", metadata={"user_id": data.user_id})
    return {"client_secret": intent.client_secret}
