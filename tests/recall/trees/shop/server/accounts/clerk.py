import requests
from django.conf import settings


def fetch_clerk_user(clerk_id):
    reply = requests.get(
        f"https://api.clerk.com/v1/users/{clerk_id}",
        headers={"Authorization": f"Bearer {settings.CLERK_SECRET_KEY}"},
    )
    reply.raise_for_status()
    return reply.json()
