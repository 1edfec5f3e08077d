from django.http import HttpResponse
from django.shortcuts import render


def home(request):
    return render(request, "home.html")


def landing(request):
    return HttpResponse("<!doctype html><title>landed</title><p>landed", content_type="text/html")
