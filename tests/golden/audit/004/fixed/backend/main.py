import logging

import asyncpg
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from slowapi.errors import RateLimitExceeded
from slowapi.middleware import SlowAPIMiddleware

from config import ALLOWED_ORIGINS, DATABASE_URL, ENVIRONMENT
from limits import limiter
from routers import admin, photos, payments, users, webhooks

logger = logging.getLogger("pictures")

app = FastAPI(title="Pictures", docs_url=None, redoc_url=None, openapi_url=None if ENVIRONMENT == "production" else "/openapi.json")
app.state.limiter = limiter

app.add_middleware(SlowAPIMiddleware)
app.add_middleware(
    CORSMiddleware,
    allow_origins=ALLOWED_ORIGINS,
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)


@app.exception_handler(RateLimitExceeded)
async def too_many(request: Request, exc: RateLimitExceeded):
    return JSONResponse({"error": {"code": "rate_limited", "message": "Too many requests"}}, status_code=429)


@app.middleware("http")
async def headers(request: Request, call_next):
    response = await call_next(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response


@app.on_event("startup")
async def connect():
    app.state.pool = await asyncpg.create_pool(DATABASE_URL)


@app.get("/api/health")
async def health():
    return {"status": "ok"}


app.include_router(users.router, prefix="/api")
app.include_router(photos.router, prefix="/api/photos")
app.include_router(payments.router, prefix="/api/payments")
app.include_router(admin.router, prefix="/api/admin")
app.include_router(webhooks.router, prefix="/api/webhooks")
