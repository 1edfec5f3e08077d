import uuid

from django.db import models


class Order(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner_clerk_id = models.CharField(max_length=64)
    status = models.CharField(max_length=16, default="pending")
    amount_cents = models.IntegerField()


class WorkOrder(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    seller_clerk_id = models.CharField(max_length=64)
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    notes = models.TextField(blank=True)
