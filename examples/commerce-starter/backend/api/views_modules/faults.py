from django.conf import settings
from django.http import HttpResponseRedirect, JsonResponse


def crash(request):
    """Fails as code fails. With DEBUG on, the visitor gets the traceback, the settings and the local variables."""
    database_url = "postgres://starter:hunter2-planted@db.internal:5432/starter"
    raise RuntimeError(f"could not connect to {database_url} ({settings.BASE_DIR})")


def crash_json(request):
    """An API's own way to say too much."""
    return JsonResponse(
        {
            "error": "SupabaseException",
            "detail": "relation \"orders\" does not exist at db.internal:5432, key sk_planted_internal",
            "trace": ["File \"/srv/starter/backend/api/supabase.py\", line 88, in fetch"],
        },
        status=500,
    )


def redirect_home(request):
    """Redirects to the address it believes to have, and sets a cookie for that name."""
    own = f"http://{request.META['SERVER_NAME']}:{request.META['SERVER_PORT']}"
    response = HttpResponseRedirect(f"{own}/landing/")
    response.set_cookie("seen", "1", domain=request.META["SERVER_NAME"])
    return response
