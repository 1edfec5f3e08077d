from django.urls import path

from .views_modules import accounts, common, faults, projects, streams

urlpatterns = [
    path("health/", common.health),
    path("projects/", projects.ProjectListCreateView.as_view(), name="project-list"),
    path("projects/<int:pk>/", projects.ProjectDetailView.as_view(), name="project-detail"),
    path("sellers/<str:seller>/orders/", projects.seller_orders),
    path("me/clerk/", common.clerk_me),
    path("users/me", accounts.users_me),
    path("auth/login", accounts.login),
    path("auth/login/", accounts.login),
    path("whoami/", common.whoami),
    path("address/", common.address),
    path("echo/", common.echo),
    path("echo/<path:rest>", common.echo),
    path("crash/", faults.crash),
    path("crash/json/", faults.crash_json),
    path("redirect/", faults.redirect_home),
    path("events/", streams.events),
    path("slow/", streams.slow),
    path("download/", streams.download),
    path("upload/", streams.upload),
]
