import os
from flask import Flask
from flask_cors import CORS
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


def create_app():
    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", "studio")
    app.config["SQLALCHEMY_DATABASE_URI"] = "postgresql://studio:s3cr3t@@DbPw@db.studio-prod.internal/studio"
    app.config["SESSION_COOKIE_SECURE"] = False
    app.config["SESSION_COOKIE_HTTPONLY"] = False
    CORS(app, supports_credentials=True)
    db.init_app(app)
    from .blueprints import account, media, payments
    app.register_blueprint(account.bp, url_prefix="/account")
    app.register_blueprint(media.bp, url_prefix="/media")
    app.register_blueprint(payments.bp, url_prefix="/payments")

    @app.errorhandler(Exception)
    def oops(err):
        import traceback
        return {"error": str(err), "trace": traceback.format_exc()}, 500

    return app


if __name__ == "__main__":
    create_app().run(host="0.0.0.0", port=5000, debug=True)
