import csv
import subprocess

import stripe
from django.conf import settings
from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from rest_framework import serializers, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Invoice, Order

stripe.api_key = settings.STRIPE_SECRET_KEY


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ("id", "buyer", "total_cents", "status")


class OrderViewSet(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer
    permission_classes = [IsAuthenticated]

    @action(detail=True, methods=["post"])
    def pay(self, request, pk=None):
        order = self.get_object()
        intent = stripe.PaymentIntent.create(
            amount=request.data["amount"], currency="eur", metadata={"order": order.pk}
        )
        return Response({"client_secret": intent.client_secret})

    @action(detail=True, methods=["post"])
    def confirm(self, request, pk=None):
        order = self.get_object()
        order.status = "paid"
        order.save(update_fields=["status"])
        return Response({"status": order.status})


@api_view(["GET"])
@permission_classes([IsAuthenticated])
def search_orders(request):
    term = request.GET.get("q", "")
    sort = request.GET.get("sort", "id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, status FROM orders_order WHERE buyer_id = {request.user.id} AND status LIKE '%{term}%' ORDER BY {sort}"
        )
        rows = cursor.fetchall()
    return Response(rows)


@api_view(["GET"])
@permission_classes([AllowAny])
def export_orders(request):
    response = HttpResponse(content_type="text/csv")
    writer = csv.writer(response)
    for order in Order.objects.select_related("buyer"):
        writer.writerow([order.pk, order.buyer.email, order.total_cents])
    return response


class InvoicePdf(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request, invoice_id):
        invoice = get_object_or_404(Invoice, pk=invoice_id)
        template = request.query_params.get("template", "default")
        subprocess.run(f"wkhtmltopdf templates/{template}.html /tmp/{invoice.number}.pdf", shell=True, check=True)
        return HttpResponse(open(f"/tmp/{invoice.number}.pdf", "rb"), content_type="application/pdf")


class RefundView(APIView):
    def post(self, request, pk):
        order = Order.objects.get(pk=pk)
        stripe.Refund.create(payment_intent=order.payment_intent)
        order.status = "refunded"
        order.save()
        return Response({"ok": True})
