import os

from slowapi import Limiter
from slowapi.util import get_remote_address

limiter = Limiter(
    key_func=get_remote_address, default_limits=["300/minute"], storage_uri=os.environ["RATE_LIMIT_REDIS"]
)
