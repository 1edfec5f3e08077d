import jwt
from jwt import PyJWKClient

keys = PyJWKClient("https://issuer.example.com/.well-known/jwks.json")


def unverified(token):
    return jwt.decode(token, options={"verify_signature": False})  # must: JWT-001


def no_list(token, key):
    return jwt.decode(token, key)  # must: JWT-002


def any_algorithm(token, key):
    return jwt.decode(token, key, algorithms=["none", "HS256"])  # must: JWT-002


def good(token):
    key = keys.get_signing_key_from_jwt(token).key
    return jwt.decode(token, key, algorithms=["RS256"], audience="api", issuer="https://issuer.example.com")  # must not
