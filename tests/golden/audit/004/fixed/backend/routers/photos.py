import logging
import uuid

import boto3
from fastapi import APIRouter, Depends, File, HTTPException, Request, UploadFile

from auth import get_current_user
from config import S3_BUCKET

router = APIRouter()
s3 = boto3.client("s3")
logger = logging.getLogger("pictures.photos")

MAX_BYTES = 10 * 1024 * 1024
ALLOWED_TYPES = {"image/jpeg": "jpg", "image/png": "png"}


@router.post("/upload")
async def upload(request: Request, file: UploadFile = File(...), user: dict = Depends(get_current_user)):
    if file.content_type not in ALLOWED_TYPES:
        raise HTTPException(status_code=415, detail="Only JPEG and PNG")
    content = await file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise HTTPException(status_code=413, detail="At most 10 MB")
    key = f"{user['sub']}/{uuid.uuid4()}.{ALLOWED_TYPES[file.content_type]}"
    try:
        s3.put_object(Bucket=S3_BUCKET, Key=key, Body=content, ContentType=file.content_type)
    except Exception as e:
        logger.exception("upload failed")
        raise HTTPException(status_code=502, detail="The picture could not be stored") from e
    return {"key": key}


@router.get("/{photo_id}")
async def photo(photo_id: str, request: Request, user: dict = Depends(get_current_user)):
    row = await request.app.state.pool.fetchrow(
        "SELECT id, url FROM photos WHERE id = $1 AND user_id = $2", photo_id, user["sub"]
    )
    if row is None:
        raise HTTPException(status_code=404, detail="No such photo")
    return dict(row)


@router.delete("/{photo_id}")
async def delete_photo(photo_id: str, request: Request, user: dict = Depends(get_current_user)):
    await request.app.state.pool.execute("DELETE FROM photos WHERE id = $1 AND user_id = $2", photo_id, user["sub"])
    return {"ok": True}
