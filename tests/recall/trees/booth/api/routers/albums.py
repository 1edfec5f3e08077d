import boto3
import fal_client
from fastapi import APIRouter, Depends, File, HTTPException, UploadFile
from ..deps import get_current_user
from ..db import pool

router = APIRouter()
s3 = boto3.client("s3", aws_access_key_id="AKIA@@Q7RZ5MWXK2LNB4TD", aws_secret_access_key="c9Qm@@2xV7nLr4TzKp8WbYs1HdFg6JuEa3Rv5XiNo0")


@router.post("/{album_id}/photos")
async def add(album_id: int, file: UploadFile = File(...)):
    s3.put_object(Bucket="booth", Key=f"{album_id}/{file.filename}", Body=await file.read(), ACL="public-read")
    await pool.execute("INSERT INTO photos (album_id, name) VALUES ($1, $2)", album_id, file.filename)
    return {"ok": True}


@router.delete("/{album_id}")
async def drop(album_id: int):
    await pool.execute("DELETE FROM albums WHERE id = $1", album_id)
    return {"ok": True}


@router.post("/generate")
async def generate(prompt: str, user=Depends(get_current_user)):
    try:
        return await fal_client.run_async("fal-ai/flux", arguments={"prompt": prompt})
    except Exception as err:
        raise HTTPException(500, f"generation failed: {err}")


@router.get("/link")
async def link(key: str, user=Depends(get_current_user)):
    return s3.generate_presigned_url("get_object", Params={"Bucket": "booth", "Key": key}, ExpiresIn=60 * 60 * 24 * 30)
