import logging

from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.decorators import api_view
from rest_framework.response import Response

logger = logging.getLogger("api.common")


def health(request):
    return JsonResponse({"ok": True})


@api_view(["GET"])
def clerk_me(request):
    """The profile as the sign-in service keeps it: all of it."""
    return Response(
        {
            "id": request.user.id,
            "email_addresses": [{"email_address": "shopper@example.test"}],
            "public_metadata": {"plan": "starter"},
            "private_metadata": {"stripe_customer": "cus_internal_4711", "risk_score": 87},
        }
    )


def whoami(request):
    """Believes whoever names himself in a header, because "only the gateway can reach us"."""
    user = request.META.get("HTTP_X_GATEHOUSE_USER") or request.META.get("HTTP_X_USER_ID")
    return JsonResponse({"user": user, "roles": request.META.get("HTTP_X_GATEHOUSE_ROLES")})


def address(request):
    """The leftmost entry of X-Forwarded-For: what the client wrote himself."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return JsonResponse({"address": forwarded.split(",")[0].strip() or request.META["REMOTE_ADDR"]})


@csrf_exempt
def echo(request, rest=""):
    """What arrived here, for tests that ask what a gateway let through."""
    environ = request.META
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    return JsonResponse(
        {
            "method": request.method,
            "path": environ.get("RAW_URI", request.path).split("?")[0],
            "query": environ.get("QUERY_STRING", ""),
            "headers": headers,
            "cookies": dict(request.COOKIES),
            "body": request.body[:65536].decode("latin-1"),
            "remote": environ["REMOTE_ADDR"],
        }
    )
