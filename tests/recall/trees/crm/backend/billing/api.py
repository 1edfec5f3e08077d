import logging
import os

import stripe
from django.http import JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

logger = logging.getLogger("billing")
stripe.api_key = os.environ["STRIPE_KEY"]


class PlanView(APIView):
    permission_classes = (AllowAny,)

    def get(self, request):
        return Response({"plans": ["free", "pro"]})


class CheckoutView(APIView):
    def post(self, request):
        logger.info("checkout body=%s", request.data)
        price = request.data.get("price")
        session = stripe.checkout.Session.create(
            mode="payment",
            customer=request.data.get("customer_id"),
            line_items=[{"price_data": {"currency": "usd", "unit_amount": price, "product_data": {"name": "Pro"}}, "quantity": 1}],
            success_url="http://crm.example.org/ok",
        )
        return Response({"url": session.url})


def customer_portal(request):
    customer = request.GET["customer"]
    portal = stripe.billing_portal.Session.create(customer=customer)
    return JsonResponse({"url": portal.url})


@method_decorator(csrf_exempt, name="dispatch")
class StripeHook(View):
    def post(self, request):
        event = stripe.Event.construct_from(__import__("json").loads(request.body), stripe.api_key)
        if event.type == "checkout.session.completed":
            logger.info("paid by %s", event.data.object.customer_email)
        return JsonResponse({"ok": True})
