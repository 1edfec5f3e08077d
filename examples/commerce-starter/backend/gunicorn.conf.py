# One process with threads, so that counters and the database behave the same however many requests run at once.
import os

bind = os.environ.get("STARTER_BIND", "127.0.0.1:9000")
workers = 1
worker_class = "gthread"
threads = int(os.environ.get("STARTER_THREADS", "16"))
keepalive = 5
graceful_timeout = 10
accesslog = None
wsgi_app = "project_settings.wsgi:application"
