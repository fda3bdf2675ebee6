"""serve_wsgi.py PORT MODULE:FACTORY [ARGUMENTS]: one WSGI application of an OpenStack service on werkzeug's threaded server."""
import importlib
import sys

port, target = int(sys.argv[1]), sys.argv[2]
sys.argv = [target] + sys.argv[3:]
mod, func = target.split(":")
app = getattr(importlib.import_module(mod), func)()
from werkzeug.serving import run_simple, WSGIRequestHandler  # noqa: E402


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *a):
        pass


run_simple("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
