import logging

import stripe
from django.conf import settings
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from ..models import Order, WebhookEvent

logger = logging.getLogger("api.orders")


class OrderDetailView(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request, order_id):
        order = get_object_or_404(Order, id=order_id, owner_clerk_id=request.user.clerk_user_id)
        return Response({"id": order.id, "status": order.status})


class ConfirmOrderView(APIView):
    permission_classes = [IsAuthenticated]

    # By hand only where it was asked for; orders are confirmed by the webhook.
    def post(self, request, order_id):
        if not settings.ALLOW_MANUAL_CONFIRMATION:
            return Response({"detail": "Not found."}, status=404)
        order = get_object_or_404(Order, id=order_id, owner_clerk_id=request.user.clerk_user_id)
        order.status = "paid"
        order.save(update_fields=["status"])
        logger.info("order confirmed", extra={"order_id": str(order.id)})
        return Response({"status": order.status})


@csrf_exempt
def payment_webhook(request):
    try:
        event = stripe.Webhook.construct_event(
            request.body, request.headers.get("Stripe-Signature", ""), settings.STRIPE_WEBHOOK_SECRET
        )
    except (ValueError, stripe.SignatureVerificationError):
        return JsonResponse({"detail": "Invalid signature."}, status=400)
    _, created = WebhookEvent.objects.get_or_create(event_id=event["id"])
    if created and event["type"] == "checkout.session.completed":
        Order.objects.filter(id=event["data"]["object"]["client_reference_id"]).update(status="paid")
    return JsonResponse({"received": True})
