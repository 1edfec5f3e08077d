import hashlib
import itertools
import threading
import time

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

_uploads = itertools.count(1)
_done = {"uploads": 0}
_lock = threading.Lock()
_MEBIBYTE = bytes(range(256)) * 4096


def _number(request, name, default, most):
    try:
        return max(0.0, min(float(request.GET.get(name, default)), most))
    except ValueError:
        return default


def events(request):
    """Server-sent events: ?count=5&interval=0.2"""
    count, interval = int(_number(request, "count", 5, 1000)), _number(request, "interval", 0.2, 10)

    def lines():
        for number in range(count):
            yield f"id: {number}\ndata: {{\"n\": {number}, \"at\": {time.time():.3f}}}\n\n"
            time.sleep(interval)

    response = StreamingHttpResponse(lines(), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    return response


def slow(request):
    """Answers after ?seconds=1"""
    seconds = _number(request, "seconds", 1, 60)
    time.sleep(seconds)
    return JsonResponse({"slept": seconds})


def download(request):
    return HttpResponse(_MEBIBYTE, content_type="application/octet-stream")


@csrf_exempt
def upload(request):
    """Counts what it was sent; GET tells how many uploads were handled."""
    if request.method == "GET":
        return JsonResponse({"uploads": _done["uploads"]})
    digest, size = hashlib.sha256(), 0
    while True:
        chunk = request.read(65536)
        if not chunk:
            break
        digest.update(chunk)
        size += len(chunk)
    with _lock:
        _done["uploads"] = next(_uploads)
    return JsonResponse({"received": size, "sha256": digest.hexdigest()})
