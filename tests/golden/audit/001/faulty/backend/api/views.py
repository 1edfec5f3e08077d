import logging

from django.conf import settings
from rest_framework import generics, status
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView
from svix.webhooks import Webhook, WebhookVerificationError

from .models import Project, WebhookEvent
from .serializers import ProjectSerializer

logger = logging.getLogger("api")


class HealthView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request):
        return Response({"status": "ok"})


class ProjectListCreateView(generics.ListCreateAPIView):
    serializer_class = ProjectSerializer

    def get_queryset(self):
        return Project.objects.filter(owner_clerk_id=self.request.user.clerk_user_id)

    def perform_create(self, serializer):
        serializer.save(owner_clerk_id=self.request.user.clerk_user_id)


class ProjectDetailView(generics.RetrieveUpdateDestroyAPIView):
    serializer_class = ProjectSerializer

    def get_queryset(self):
        return Project.objects.filter(owner_clerk_id=self.request.user.clerk_user_id)


class ClerkWebhookView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request):
        if not settings.CLERK_WEBHOOK_SECRET:
            return Response({"detail": "Webhook is not configured."}, status=status.HTTP_503_SERVICE_UNAVAILABLE)
        try:
            event = Webhook(settings.CLERK_WEBHOOK_SECRET).verify(request.body, dict(request.headers))
        except WebhookVerificationError:
            return Response({"detail": "Invalid signature."}, status=status.HTTP_400_BAD_REQUEST)
        _, created = WebhookEvent.objects.get_or_create(svix_id=request.headers["svix-id"])
        if created:
            logger.info("clerk event handled", extra={"type": event["type"]})
        return Response({"received": True})
