import logging

from rest_framework import generics
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from ..models import Project
from ..serializers import ProjectSerializer

logger = logging.getLogger("api.projects")


class ProjectListCreateView(generics.ListCreateAPIView):
    serializer_class = ProjectSerializer

    def get_queryset(self):
        return Project.objects.filter(owner=self.request.user.id).order_by("id")

    def perform_create(self, serializer):
        project = serializer.save(owner=self.request.user.id)
        logger.info("project created id=%s", project.id)


class ProjectDetailView(generics.RetrieveDestroyAPIView):
    serializer_class = ProjectSerializer

    def get_queryset(self):
        return Project.objects.filter(owner=self.request.user.id)


@api_view(["GET"])
@permission_classes([AllowAny])
def seller_orders(request, seller):
    """Any seller's orders for anybody who knows the seller's name."""
    return Response({"seller": seller, "orders": [{"id": 1, "total": 4200}, {"id": 2, "total": 1999}]})
