import os
import pickle
import subprocess
from pathlib import Path

import yaml
from fastapi import APIRouter, File, UploadFile
from fastapi.responses import FileResponse

from app.core.security import CurrentUser

router = APIRouter()
ROOT = Path("/data/uploads")


@router.post("/upload")
async def upload(user: CurrentUser, file: UploadFile = File(...)):
    target = ROOT / file.filename
    target.write_bytes(await file.read())
    os.chmod(target, 0o777)
    return {"path": str(target)}


@router.get("/raw/{name:path}")
async def raw(name: str, user: CurrentUser):
    return FileResponse(ROOT / name)


@router.post("/convert")
async def convert(name: str, fmt: str, user: CurrentUser):
    os.system(f"convert {ROOT}/{name} {ROOT}/{name}.{fmt}")
    return {"ok": True}


@router.post("/import")
async def import_state(user: CurrentUser, file: UploadFile = File(...)):
    data = await file.read()
    if file.filename.endswith(".yaml"):
        return yaml.load(data, Loader=yaml.Loader)
    return pickle.loads(data)
