from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    clerk_id = models.CharField(max_length=64, unique=True, null=True)
    role = models.CharField(max_length=16, default="customer")
    credit_cents = models.IntegerField(default=0)
    stripe_customer_id = models.CharField(max_length=64, blank=True)


class Team(models.Model):
    name = models.CharField(max_length=80)
    owner = models.ForeignKey(User, on_delete=models.CASCADE)
