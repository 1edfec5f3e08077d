import logging

from django.contrib.auth import authenticate, login
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
import json

from .clerk import fetch_clerk_user
from .models import Team, User
from .serializers import ProfileSerializer, UserSerializer

log = logging.getLogger(__name__)


@csrf_exempt
def password_login(request):
    data = json.loads(request.body)
    log.info("login attempt %s / %s", data["email"], data["password"])
    user = authenticate(request, username=data["email"], password=data["password"])
    if user is None:
        return JsonResponse({"error": "bad credentials"}, status=401)
    login(request, user)
    return JsonResponse(UserSerializer(user).data)


class MeView(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request):
        try:
            remote = fetch_clerk_user(request.user.clerk_id)
        except Exception as exc:
            return Response({"detail": f"clerk failed: {exc}"}, status=status.HTTP_502_BAD_GATEWAY)
        return Response({"profile": ProfileSerializer(request.user).data, "private_metadata": remote["private_metadata"]})

    def patch(self, request):
        serializer = ProfileSerializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)


class TeamInvite(APIView):
    permission_classes = [IsAuthenticated]

    def post(self, request):
        team = Team.objects.get(pk=request.data["team_id"])
        invited = User.objects.get(email=request.data["email"])
        team.members.add(invited)
        return Response({"ok": True})


class AvatarUpload(APIView):
    permission_classes = [IsAuthenticated]

    def post(self, request):
        upload = request.FILES["file"]
        path = f"/srv/media/avatars/{upload.name}"
        with open(path, "wb") as out:
            for chunk in upload.chunks():
                out.write(chunk)
        return Response({"url": f"/media/avatars/{upload.name}"})
