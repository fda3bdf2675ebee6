"""Magnum's schema, in one process."""
import os
import sys

from magnum.common import service

sys.argv = ["magnum-db", "--config-file", os.environ["OS_RUN"] + "/etc/magnum.conf"]
service.prepare_service(sys.argv)
from magnum.db import migration  # noqa: E402

migration.upgrade(None)
print("magnum schema", migration.version())
