from django.db import connection
from django.http import HttpResponseRedirect, JsonResponse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_exempt

from .models import Item


@csrf_exempt  # must: DJ-016
def update(request):
    Item.objects.filter(owner=request.user).update(name=request.POST["name"])
    return JsonResponse({})


def search(request):
    Item.objects.raw("SELECT * FROM item WHERE name = '%s'" % request.GET["q"])  # must: DJ-025
    Item.objects.raw("SELECT * FROM item WHERE name = %s", [request.GET["q"]])  # must not
    Item.objects.extra(where=["name = %s"], params=[request.GET["q"]])  # must not
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM item WHERE tag = '" + request.GET["tag"] + "'")  # must: DJ-025
        cursor.execute("SELECT count(*) FROM item")  # must not
    return JsonResponse({})


def badge(text):
    return mark_safe("<b>" + text + "</b>")  # must: DJ-026


def plain(text):
    return format_html("<b>{}</b>", text)  # must not


def leave(request):
    return HttpResponseRedirect(request.GET["next"])  # must: EX-012


def fail(request):
    try:
        return JsonResponse({"n": Item.objects.count()})
    except Exception as error:
        return JsonResponse({"error": str(error)}, status=500)  # must: DJ-029
