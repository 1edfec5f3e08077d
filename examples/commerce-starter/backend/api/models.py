from django.db import models


class Project(models.Model):
    owner = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    notes = models.TextField(blank=True, default="")
    created = models.DateTimeField(auto_now_add=True)
