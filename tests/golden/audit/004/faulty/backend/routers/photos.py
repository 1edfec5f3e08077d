import boto3
import httpx
from fastapi import APIRouter, Depends, File, HTTPException, Request, UploadFile

from auth import get_current_user
from config import S3_BUCKET

router = APIRouter()
s3 = boto3.client("s3")


@router.post("/upload")
async def upload(request: Request, file: UploadFile = File(...), user: dict = Depends(get_current_user)):
    content = await file.read()
    try:
        s3.put_object(Bucket=S3_BUCKET, Key=f"{user['sub']}/{file.filename}", Body=content)
    except Exception as e:
        raise HTTPException(status_code=500, detail=f"Upload failed: {e}")
    return {"key": f"{user['sub']}/{file.filename}"}


@router.get("/{photo_id}")
async def photo(photo_id: str, request: Request, user: dict = Depends(get_current_user)):
    row = await request.app.state.pool.fetchrow("SELECT id, url FROM photos WHERE id = $1", photo_id)
    if row is None:
        raise HTTPException(status_code=404, detail="No such photo")
    return dict(row)


@router.delete("/{photo_id}")
async def delete_photo(photo_id: str, request: Request):
    await request.app.state.pool.execute("DELETE FROM photos WHERE id = $1", photo_id)
    return {"ok": True}


@router.post("/import")
async def import_photo(url: str, user: dict = Depends(get_current_user)):
    async with httpx.AsyncClient() as client:
        answer = await httpx.get(url)
    return {"size": len(answer.content)}
