"""A Django application under gunicorn that tells what it was asked: the judge of tests/e2e/differential.test.mjs."""
import json
import sys

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import re_path

seen = []


def tell(request):
    if request.path == "/__seen":
        told = list(seen)
        seen.clear()
        return JsonResponse({"seen": told})
    # Django itself takes a body without Content-Length for an empty one; what gunicorn read is asked for here.
    chunked = "HTTP_TRANSFER_ENCODING" in request.META
    body = request.META["wsgi.input"].read() if chunked else request.body
    seen.append({
        "method": request.method,
        "target": request.META["RAW_URI"],
        "path": request.path,
        "host": request.META["HTTP_HOST"],
        "body": body.decode("latin-1"),
        "fields": sorted(k[5:].replace("_", "-").lower() for k in request.META if k.startswith("HTTP_")),
        "kept": request.META.get("HTTP_X_KEPT", ""),
    })
    return JsonResponse({"ok": True})


settings.configure(SECRET_KEY="judge", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[],
                   DATA_UPLOAD_MAX_MEMORY_SIZE=None, FILE_UPLOAD_HANDLERS=[])
urlpatterns = [re_path(r"^", tell)]
application = get_wsgi_application()
assert "gunicorn" in sys.modules
