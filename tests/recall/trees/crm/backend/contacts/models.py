import uuid
from django.contrib.auth.models import User
from django.db import models


class Contact(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner = models.ForeignKey(User, on_delete=models.CASCADE)
    email = models.EmailField()
    notes = models.TextField(blank=True)
