from django.urls import path

from .views import ClerkWebhookView, HealthView, ProjectDetailView, ProjectListCreateView

urlpatterns = [
    path("health/", HealthView.as_view(), name="health"),
    path("projects/", ProjectListCreateView.as_view(), name="project-list"),
    path("projects/<int:pk>/", ProjectDetailView.as_view(), name="project-detail"),
    path("webhooks/clerk/", ClerkWebhookView.as_view(), name="clerk-webhook"),
]
