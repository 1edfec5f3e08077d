import stripe
from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel

from app.core.config import settings
from app.core.security import CurrentUser

stripe.api_key = settings.stripe_secret_key
router = APIRouter()


class Checkout(BaseModel):
    customer_id: str
    unit_amount: int
    credits: int


@router.post("/checkout")
async def checkout(order: Checkout, user: CurrentUser):
    try:
        session = stripe.checkout.Session.create(
            mode="payment",
            customer=order.customer_id,
            line_items=[{"quantity": 1, "price_data": {"currency": "eur", "unit_amount": order.unit_amount, "product_data": {"name": "credits"}}}],
            metadata={"user": user.id, "credits": order.credits},
        )
    except stripe.error.StripeError as err:
        raise HTTPException(status_code=502, detail=f"stripe said {err.user_message} / {err}")
    return {"url": session.url}
