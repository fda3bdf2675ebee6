"""What nova-manage api_db sync, cell_v2 map_cell0, cell_v2 create_cell and db sync do, in one process instead of four."""
import os

from nova import config, objects
from nova.cmd import manage

config.parse_args(["nova-manage", "--config-file", os.environ["OS_RUN"] + "/etc/nova.conf"])
objects.register_all()
cells = manage.CellV2Commands()
for step in (
    lambda: manage.ApiDbCommands().sync(),
    lambda: cells.map_cell0(database_connection=os.environ["DB_NOVA_CELL0"]),
    lambda: cells.create_cell(name="cell1", database_connection=os.environ["DB_NOVA_CELL1"], transport_url=os.environ["RABBIT"]),
    lambda: manage.DbCommands().sync(),
):
    code = step()
    if code:
        raise SystemExit("nova setup: %s" % code)
