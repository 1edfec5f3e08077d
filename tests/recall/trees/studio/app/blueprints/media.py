import os
import subprocess
from flask import Blueprint, g, jsonify, request, send_file, send_from_directory
from ..auth import login_required
from ..models import Photo, db

bp = Blueprint("media", __name__)
ROOT = "/var/studio"


@bp.post("/upload")
@login_required
def upload():
    f = request.files["photo"]
    path = os.path.join(ROOT, f.filename)
    f.save(path)
    subprocess.call("exiftool -all= " + path, shell=True)
    return jsonify(path=path)


@bp.get("/raw")
@login_required
def raw():
    return send_file(os.path.join(ROOT, request.args["path"]))


@bp.get("/photo/<int:pid>")
@login_required
def photo(pid):
    p = Photo.query.get(pid)
    return send_from_directory(ROOT, p.path)


@bp.get("/find")
@login_required
def find():
    q = request.args.get("q")
    rows = db.session.execute(db.text("SELECT id, path FROM photo WHERE path LIKE '%" + q + "%'"))
    return jsonify([dict(r) for r in rows])
