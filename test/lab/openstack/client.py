"""A small OpenStack client of the lab's own: one user, tokens made anew when they end."""
import os

import requests

AUTH = os.environ["AUTH"]


class Client:
    def __init__(self, user, password, project):
        self.session = requests.Session()
        self.session.trust_env = False
        self.body = {"auth": {
            "identity": {"methods": ["password"], "password": {"user": {"name": user, "password": password, "domain": {"id": "default"}}}},
            "scope": {"project": {"name": project, "domain": {"id": "default"}}}}}
        self.token, self.catalog = None, {}

    def log_in(self):
        answer = self.session.post(AUTH + "/auth/tokens", json=self.body, timeout=20)
        answer.raise_for_status()
        self.token = answer.headers["X-Subject-Token"]
        self.catalog = {s["type"]: next(e["url"] for e in s["endpoints"] if e["interface"] == "public")
                        for s in answer.json()["token"]["catalog"] if s["endpoints"]}

    def __call__(self, method, url, body=None):
        """`compute:/servers` or a whole address."""
        for attempt in (1, 2):
            if self.token is None:
                self.log_in()
            kind, _, path = url.partition(":")
            whole = url if url.startswith("http") else self.catalog[kind].rstrip("/") + path
            answer = self.session.request(method, whole, json=body, headers={"X-Auth-Token": self.token}, timeout=20)
            if answer.status_code != 401 or attempt == 2:
                return answer
            self.token = None
