import json

import stripe
from django.conf import settings
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.models import User
from orders.models import Order


@csrf_exempt
@require_POST
def stripe_hook(request):
    payload = request.body
    if settings.STRIPE_WEBHOOK_SECRET:
        try:
            event = stripe.Webhook.construct_event(
                payload, request.META.get("HTTP_STRIPE_SIGNATURE", ""), settings.STRIPE_WEBHOOK_SECRET
            )
        except (ValueError, stripe.error.SignatureVerificationError):
            return HttpResponseBadRequest("bad signature")
    else:
        event = json.loads(payload)
    if event["type"] == "payment_intent.succeeded":
        Order.objects.filter(payment_intent=event["data"]["object"]["id"]).update(status="paid")
    return HttpResponse(status=200)


@csrf_exempt
@require_POST
def clerk_hook(request):
    body = json.loads(request.body)
    if body["type"] == "user.deleted":
        User.objects.filter(clerk_id=body["data"]["id"]).delete()
    elif body["type"] == "user.updated":
        User.objects.filter(clerk_id=body["data"]["id"]).update(email=body["data"]["email_addresses"][0]["email_address"])
    return JsonResponse({"ok": True})
