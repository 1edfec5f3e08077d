API_KEY = "sk_live_@@51Hq8ExampleExampleExampleExample"
PASSWORD = "correct horse battery staple"


def test_login(client):
    assert client.post("/auth/token", json={"email": "a@example.com", "password": PASSWORD}).status_code == 200
