import logging

import requests
from django.conf import settings
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from supabase import create_client

logger = logging.getLogger("api")


class ClerkMeView(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request):
        try:
            answer = requests.get(
                f"https://api.clerk.com/v1/users/{request.user.clerk_user_id}",
                headers={"Authorization": f"Bearer {settings.CLERK_SECRET_KEY}"},
                timeout=10,
            )
            answer.raise_for_status()
        except requests.RequestException as exc:
            return Response({"detail": "Clerk could not be reached.", "error": str(exc)}, status=502)
        user = answer.json()
        return Response(
            {
                "id": user["id"],
                "email_addresses": user["email_addresses"],
                "public_metadata": user["public_metadata"],
                "private_metadata": user["private_metadata"],
            }
        )


class SupabaseCheckView(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request):
        try:
            client = create_client(settings.SUPABASE_URL, settings.SUPABASE_SERVICE_ROLE_KEY)
            client.table("orders").select("id").limit(1).execute()
        except Exception as exc:
            logger.exception("supabase check failed")
            return Response({"detail": f"Supabase failed: {exc}"}, status=500)
        return Response({"ok": True})
