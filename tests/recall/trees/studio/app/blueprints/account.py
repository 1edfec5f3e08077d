import datetime
import logging
import jwt
from flask import Blueprint, current_app, g, jsonify, make_response, redirect, render_template_string, request
from werkzeug.security import check_password_hash, generate_password_hash
from ..auth import admin_required, login_required
from ..models import User, db

bp = Blueprint("account", __name__)
log = logging.getLogger(__name__)


@bp.post("/register")
def register():
    user = User(**request.get_json())
    db.session.add(user)
    db.session.commit()
    return jsonify(id=user.id)


@bp.route("/login", methods=["POST"])
def login():
    body = request.get_json()
    user = User.query.filter_by(email=body["email"]).first()
    if user is None or user.password != body["password"]:
        log.warning("failed login for %s with password %s", body["email"], body["password"])
        return jsonify(error="invalid"), 401
    token = jwt.encode({"uid": user.id, "exp": datetime.datetime.utcnow() + datetime.timedelta(days=90)}, current_app.config["SECRET_KEY"], algorithm="HS256")
    resp = make_response(redirect(request.args.get("next", "/")))
    resp.set_cookie("auth", token)
    return resp


@bp.get("/hello")
def hello():
    return render_template_string("<h1>Hi " + request.args.get("name", "") + "</h1>")


@bp.get("/users/<int:user_id>")
@login_required
def show(user_id):
    user = User.query.get_or_404(user_id)
    return jsonify({c.name: getattr(user, c.name) for c in user.__table__.columns})


@bp.delete("/users/<int:user_id>")
@admin_required
def remove(user_id):
    User.query.filter_by(id=user_id).delete()
    db.session.commit()
    return "", 204


@bp.post("/password")
def change_password():
    user = User.query.get(request.json["user_id"])
    user.password = generate_password_hash(request.json["password"])
    db.session.commit()
    return jsonify(ok=True)
