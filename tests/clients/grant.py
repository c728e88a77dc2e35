"""Authlib and requests-oauthlib log in with the password grant, and call the API: `grant.py URL`."""

import os
import sys

# Both refuse plain http unless told that it is a test on this machine.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import InvalidGrantError, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

url = sys.argv[1]
login = f"{url}/auth/login"
email, password = "grant@example.com", "tin roof rusted 77"
signed_up = requests.post(f"{url}/auth/signup", json={"email": email, "password": password})
assert signed_up.status_code == 201, signed_up.text


def authlib(password):
    session = AuthlibSession("any-client", token_endpoint_auth_method="none")
    return session, session.fetch_token(login, username=email, password=password)


def oauthlib(password):
    session = OAuth2Session(client=LegacyApplicationClient("any-client"))
    return session, session.fetch_token(login, username=email, password=password)


for name, log_in, refused in [
    ("Authlib", authlib, OAuthError),
    ("requests-oauthlib", oauthlib, InvalidGrantError),
]:
    session, token = log_in(password)
    assert token["token_type"] == "bearer" and token["expires_in"] == 12 * 60 * 60, token
    me = session.get(f"{url}/auth/me")
    assert me.status_code == 200 and me.json()["email"] == email, me.text
    said = session.post(f"{url}/chat/", json={"message": "A hybrid SUV under $40,000"})
    assert said.status_code == 200 and said.json()["cars"], said.text
    assert session.post(f"{url}/auth/logout").status_code == 204
    gone = session.get(f"{url}/auth/me")
    assert gone.status_code == 401, gone.text
    assert gone.headers["WWW-Authenticate"].startswith("Bearer"), gone.headers
    try:
        log_in("wrong")
    except refused as error:
        assert error.error == "invalid_grant", error
    else:
        raise AssertionError(f"{name} got in with a wrong password")
    print(f"ok    {name} logs in with the password grant, calls the API, and logs out")
