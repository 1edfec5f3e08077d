import hashlib
import os
import pickle
import random
import secrets
import subprocess

import requests
import yaml
from flask import Flask, redirect, request, send_file

app = Flask(__name__)


@app.route("/users")
def users():
    name = request.args["name"]
    db.execute(f"SELECT * FROM users WHERE name = '{name}'")  # must: FA-017
    db.execute("SELECT * FROM users WHERE name = '" + name + "'")  # must: FA-017
    db.execute("SELECT * FROM users WHERE name = '%s'" % name)  # must: FA-017
    db.execute("SELECT * FROM users WHERE name = '{}'".format(name))  # must: FA-017
    db.execute("SELECT * FROM users WHERE name = %s", (name,))  # must not
    db.execute("SELECT * FROM users WHERE id = " + str(int(request.args["id"])))  # must not
    return ""


@app.route("/run", methods=["POST"])
def run():
    target = request.form["host"]
    os.system("ping -c 1 " + target)  # must: FA-009
    subprocess.run(f"ping {target}", shell=True)  # must: FA-009
    subprocess.run(["ping", "-c", "1", target])  # must not
    subprocess.run("uptime", shell=True)  # must not
    eval(request.form["sum"])  # must: FA-009
    return ""


@app.route("/load", methods=["POST"])
def load():
    pickle.loads(request.data)  # must: FA-008
    yaml.load(request.data, Loader=yaml.Loader)  # must: FA-008
    yaml.safe_load(request.data)  # must not
    yaml.load(request.data, Loader=yaml.SafeLoader)  # must not
    return ""


@app.route("/fetch")
def fetch():
    requests.get(request.args["url"], timeout=3)  # must: EX-013
    requests.get("https://api.example.com/v1/items", params=request.args, timeout=3)  # must not
    requests.get("https://api.example.com/v1/items", timeout=3, verify=False)  # must: EX-017
    return redirect(request.args["next"])  # must: EX-012


def hash_password(password):
    return hashlib.md5(password.encode()).hexdigest()  # must: DJ-030


def etag(content):
    return hashlib.md5(content).hexdigest()  # must not


def reset_token():
    return str(random.randint(100000, 999999))  # must: FA-010


def invite_token():
    return secrets.token_urlsafe(32)  # must not


def shuffle(cards):
    return random.sample(cards, 5)  # must not


app.run(host="0.0.0.0", debug=True)  # must: FA-007
