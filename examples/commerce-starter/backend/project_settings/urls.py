from django.urls import include, path

from api.views_modules.pages import home, landing

urlpatterns = [
    path("", home),
    path("landing/", landing),
    path("api/", include("api.urls")),
]
