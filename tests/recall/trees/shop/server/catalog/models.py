from django.db import models


class Product(models.Model):
    title = models.CharField(max_length=120)
    price_cents = models.PositiveIntegerField()
    description = models.TextField(blank=True)
