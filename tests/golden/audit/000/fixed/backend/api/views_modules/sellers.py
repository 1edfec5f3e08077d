from django.shortcuts import get_object_or_404
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from ..models import Order, WorkOrder


class WorkOrderView(APIView):
    permission_classes = [IsAuthenticated]

    def post(self, request):
        order = get_object_or_404(
            Order, pk=request.data["order"], items__seller_clerk_id=request.user.clerk_user_id
        )
        work = WorkOrder.objects.create(
            seller_clerk_id=request.user.clerk_user_id, order=order, notes=request.data["notes"]
        )
        return Response({"id": work.id}, status=201)


class PayoutView(APIView):
    permission_classes = [IsAuthenticated]

    def post(self, request):
        WorkOrder.objects.filter(
            id=request.data["work_order"], seller_clerk_id=request.user.clerk_user_id
        ).update(notes="paid out")
        return Response({"ok": True})
