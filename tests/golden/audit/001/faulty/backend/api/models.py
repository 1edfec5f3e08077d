from django.db import models


class Project(models.Model):
    owner_clerk_id = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]


class WebhookEvent(models.Model):
    svix_id = models.CharField(max_length=80, unique=True)
    received_at = models.DateTimeField(auto_now_add=True)
