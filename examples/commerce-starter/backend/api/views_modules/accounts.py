import json
import logging

from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt

logger = logging.getLogger("api.accounts")

_PASSWORDS = {"shopper@example.test": "correct horse"}


@csrf_exempt
def login(request):
    """As many guesses as one likes, and the answer tells whether the address exists."""
    if request.method != "POST":
        return JsonResponse({"detail": "POST"}, status=405)
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        body = request.POST
    email, password = str(body.get("email", "")), str(body.get("password", ""))
    if email not in _PASSWORDS:
        return JsonResponse({"detail": "no account has this address"}, status=401)
    if _PASSWORDS[email] != password:
        return JsonResponse({"detail": "wrong password"}, status=401)
    response = JsonResponse({"ok": True})
    response.set_cookie("starter_session", "user_shopper")
    return response


def users_me(request):
    """Left from development: without a sign-in it answers for the first account."""
    return JsonResponse({"id": "user_shopper", "email": "shopper@example.test", "address": "1 Main Street"})
