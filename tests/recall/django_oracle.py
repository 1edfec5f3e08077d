"""Settings modules that nobody chose, and what Django's own deployment checks say of each.

  django_oracle.py COUNT SEED     a JSON list of {"settings": source, "ids": [Django's ids]}

Each module is put together from choices a project may make, by a seeded draw; Django (Debian's python3-django) is the judge.
"""

import json
import random
import sys

import django
from django.conf import settings
from django.test.utils import override_settings

SECURITY = "django.middleware.security.SecurityMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"
FRAME = "django.middleware.clickjacking.XFrameOptionsMiddleware"
GOOD_KEY = "x7!k2#m9$q4%w8&z3(r6)t1*y5-u0+aBcDeFgHiJkLmNoPqRsTuV"

# name: the values a draw chooses among; None leaves the setting out.
CHOICES = {
    "SECRET_KEY": ["short", "django-insecure-" + GOOD_KEY, "a" * 60],
    "DEBUG": [True, False, False],
    "ALLOWED_HOSTS": [[], ["shop.example.com"], ["shop.example.com"]],
    "SECURE_HSTS_SECONDS": [None, 0, 3600, 31536000],
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": [None, True, False, True],
    "SECURE_HSTS_PRELOAD": [None, True, False, True],
    "SECURE_CONTENT_TYPE_NOSNIFF": [None, None, True, False],
    "SECURE_SSL_REDIRECT": [None, True, False],
    "SECURE_REFERRER_POLICY": ["same-origin", "sometimes", "no-referrer", "strict-origin,origin", None],
    "SESSION_COOKIE_SECURE": [None, True, False],
    "SESSION_COOKIE_HTTPONLY": [None, True, False],
    "CSRF_COOKIE_SECURE": [None, True, False],
    "X_FRAME_OPTIONS": [None, "DENY", "SAMEORIGIN"],
}


def draw(rng):
    chosen = {name: rng.choice(values) for name, values in CHOICES.items()}
    middleware = [m for m in (SECURITY, SESSION, CSRF, FRAME) if m == SESSION or rng.random() < 0.8]
    return {**{n: v for n, v in chosen.items() if v is not None}, "MIDDLEWARE": middleware,
            "INSTALLED_APPS": ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]}


def judged(values):
    from django.core.checks import Tags, run_checks
    with override_settings(**values):
        return sorted({m.id for m in run_checks(tags=[Tags.security], include_deployment_checks=True) if m.id})


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    settings.configure(SECRET_KEY=GOOD_KEY, INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
                       DATABASES={}, USE_TZ=True)
    django.setup()
    rng = random.Random(seed)
    out = []
    for _ in range(count):
        values = draw(rng)
        source = "".join(f"{name} = {value!r}\n" for name, value in values.items())
        out.append({"settings": source, "ids": judged(values)})
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    main()
