"""serve_wsgi.py threads|eventlet PORT MODULE:FACTORY [ARGUMENTS]: one WSGI application of an OpenStack service.

threads: werkzeug's threaded server. eventlet: for applications whose locks are eventlet's, which real threads must not
share: a waiter in another thread is never woken ("cannot switch to a different thread"), and every request hangs.
"""
import sys

how, port, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
if how == "eventlet":
    import eventlet

    eventlet.monkey_patch()

import importlib  # noqa: E402

sys.argv = [target] + sys.argv[4:]
mod, func = target.split(":")
app = getattr(importlib.import_module(mod), func)()
if how == "eventlet":
    from eventlet import wsgi

    wsgi.server(eventlet.listen(("127.0.0.1", port)), app, log_output=False)
else:
    from werkzeug.serving import WSGIRequestHandler, run_simple

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, *a):
            pass

    run_simple("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
