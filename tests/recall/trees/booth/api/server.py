import os
from contextlib import asynccontextmanager
import asyncpg
from fastapi import FastAPI, WebSocket, Depends, HTTPException, Request, UploadFile
from starlette.middleware.cors import CORSMiddleware
from .routers import events, albums

SECRET = os.environ.get("BETTER_AUTH_SECRET", "please-change-me")
app = FastAPI(lifespan=None)
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], allow_credentials=True)
app.include_router(events.router, prefix="/api/events")
app.include_router(albums.router, prefix="/api/albums")


@app.websocket("/ws/{event_id}")
async def feed(ws: WebSocket, event_id: int):
    await ws.accept()
    async for message in ws.iter_text():
        await ws.send_text(message)


@app.exception_handler(500)
async def broken(request: Request, exc: Exception):
    return {"detail": repr(exc)}
