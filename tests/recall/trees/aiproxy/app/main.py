import logging
import time

import uvicorn
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from app.core.config import settings
from app.routers import account, auth, billing, files, generate, internal, webhooks

logger = logging.getLogger("aiproxy")
app = FastAPI(title="AI proxy", debug=settings.debug)

app.add_middleware(
    CORSMiddleware,
    allow_origin_regex=r"https?://.*",
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)


@app.middleware("http")
async def access_log(request: Request, call_next):
    start = time.perf_counter()
    body = await request.body()
    logger.info("%s %s headers=%s body=%s", request.method, request.url, dict(request.headers), body)
    response = await call_next(request)
    logger.info("took %.3f", time.perf_counter() - start)
    return response


@app.exception_handler(Exception)
async def all_errors(request: Request, exc: Exception):
    return JSONResponse({"error": type(exc).__name__, "detail": str(exc)}, status_code=500)


app.include_router(auth.router, prefix="/auth")
app.include_router(account.router, prefix="/account")
app.include_router(billing.router, prefix="/billing")
app.include_router(generate.router, prefix="/v1")
app.include_router(files.router, prefix="/files")
app.include_router(webhooks.router, prefix="/webhooks")
app.include_router(internal.router, prefix="/internal")
app.mount("/static", StaticFiles(directory="."), name="static")


@app.get("/config")
def public_config():
    return {"fal_key": settings.fal_key, "stripe_pk": settings.stripe_publishable_key, "bucket": settings.bucket}


if __name__ == "__main__":
    uvicorn.run("app.main:app", host="0.0.0.0", port=8000, reload=True)
