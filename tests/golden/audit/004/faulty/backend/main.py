import logging

import asyncpg
from fastapi import FastAPI, HTTPException, Request
from fastapi.middleware.cors import CORSMiddleware

from config import ALLOWED_ORIGINS, DATABASE_URL
from routers import admin, photos, payments, users, webhooks

logger = logging.getLogger("pictures")

app = FastAPI(title="Pictures", debug=True)

app.add_middleware(
    CORSMiddleware,
    allow_origins=ALLOWED_ORIGINS,
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)


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
