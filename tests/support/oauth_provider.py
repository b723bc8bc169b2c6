"""An OpenID provider on loopback, and visitors who sign in to a page with it.

It speaks as the Hub's does: a discovery document, then authorize, token and keys. Who signs in is
whoever the provider's ``user`` is at that moment.
"""

import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from base64 import b64decode
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "a-client", "a-client-secret"


class Provider:
    """The state of the server; ``tokens`` are the access tokens by the user they were given to."""

    def __init__(self):
        self.user = "ann"
        self.tokens = {}
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.codes = {}
        self.url = ""

    def environment(self, host, owner):
        """Return the variables that a Space with OAuth has, served at ``host``."""
        return {
            "SYSTEM": "spaces",
            "SPACE_ID": f"{owner}/ner-studio",
            "SPACE_AUTHOR_NAME": owner,
            "SPACE_HOST": host,
            "OAUTH_CLIENT_ID": CLIENT_ID,
            "OAUTH_CLIENT_SECRET": CLIENT_SECRET,
            "OAUTH_SCOPES": "openid profile",
            "OPENID_PROVIDER_URL": self.url,
        }

    def metadata(self):
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def authorize(self, asked):
        """Return the address that the browser goes back to, with a code for the user."""
        assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
        code = secrets.token_urlsafe(8)
        self.codes[code] = (self.user, asked["nonce"], asked["redirect_uri"])
        back = asked["redirect_uri"]
        # A Space is behind a proxy that speaks https; the page under test is not.
        assert back.startswith("https://")
        back = back.replace("https://", "http://", 1)
        return f"{back}&{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form, authorization):
        """Return the tokens for a code, once."""
        kind, _, value = (authorization or "").partition(" ")
        assert (kind, b64decode(value).decode()) == ("Basic", f"{CLIENT_ID}:{CLIENT_SECRET}")
        user, nonce, back = self.codes.pop(form["code"])
        assert form["redirect_uri"] == back
        now = int(time.time())
        claims = {
            **{"iss": self.url, "aud": CLIENT_ID, "sub": user, "nonce": nonce},
            **{"iat": now, "exp": now + 3600},
            **{"name": user.title(), "preferred_username": user},
            **{"profile": f"https://example.com/{user}", "picture": ""},
        }
        self.tokens[user] = f"hf_oauth_of_{user}_{secrets.token_hex(8)}"
        return {
            "access_token": self.tokens[user],
            "token_type": "bearer",
            "expires_in": 3600,
            "scope": "openid profile",
            "id_token": jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key),
        }


@contextmanager
def serve_provider():
    """Serve a provider while the block is left open."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path, _, query = self.path.partition("?")
            if path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif path == "/keys":
                self.answer({"keys": [provider.key.as_dict(private=False)]})
            else:
                assert path == "/.well-known/openid-configuration"
                self.answer(provider.metadata())

        def do_POST(self):
            assert self.path == "/token"
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(sent).items()}
            self.answer(provider.token(form, self.headers["Authorization"]))

        def answer(self, value):
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Client:
    """A visitor without a browser, who keeps cookies as one would, those for https only as well."""

    def __init__(self, url):
        self.url = url
        self.cookies = {}
        self.session = secrets.token_hex(6)
        self._opener = urllib.request.build_opener(_Stay)

    def sign_in(self, provider, user):
        """Go the way of the button, as this user."""
        provider.user = user
        place = "login/huggingface?_target_url=/"
        for _ in range(3):
            status, headers, _ = self.ask(place)
            assert status in (302, 307), status
            place = urljoin(urljoin(self.url, place), headers["Location"])
        assert place == self.url
        return self

    def sign_out(self):
        status, _, _ = self.ask("logout")
        assert status in (302, 307)

    def ask(self, place, data=None, **headers):
        """Send a request, with JSON if there are data; give status, headers and body."""
        body = None if data is None else json.dumps(data).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self._send(place, body, headers)

    def upload(self, name, text):
        """Upload a file; give what a file component holds then."""
        body = (
            f'--part\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
            f"Content-Type: text/plain\r\n\r\n{text}\r\n--part--\r\n"
        )
        kind = {"Content-Type": "multipart/form-data; boundary=part"}
        _, _, answer = self._send("gradio_api/upload", body.encode(), kind)
        (path,) = json.loads(answer)
        return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    def _send(self, place, body, headers):
        """Send a request; cookies go to the page's own host only."""
        place = urljoin(self.url, place)
        if urlsplit(place).netloc == urlsplit(self.url).netloc and self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        request = urllib.request.Request(place, body, headers)
        try:
            answer = self._opener.open(request, timeout=60)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            for sent in answer.headers.get_all("Set-Cookie", []):
                for name, morsel in SimpleCookie(sent).items():
                    if morsel["expires"].startswith("Thu, 01 Jan 1970"):
                        self.cookies.pop(name, None)
                    else:
                        self.cookies[name] = morsel.value
            return answer.status, answer.headers, answer.read()

    def call(self, number, inputs, event_data=None, **headers):
        """Call an endpoint of the page by its number, past the queue or through it: its answer."""
        body = {"fn_index": number, "data": inputs, "session_hash": self.session}
        if event_data is not None:
            body["event_data"] = event_data
        status, _, answer = self.ask("gradio_api/run/predict", body, **headers)
        if status != 404:
            return answer.decode()
        status, _, answer = self.ask("gradio_api/queue/join", body, **headers)
        assert status == 200, answer
        # The answer ends when the queue holds nothing more for this session.
        place = f"gradio_api/queue/data?session_hash={self.session}"
        return self.ask(place, **headers)[2].decode()
