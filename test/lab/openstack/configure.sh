#!/bin/bash
# Writes one small configuration file per service to OS_RUN/etc.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$OS_RUN"
mkdir -p etc db log pid cmd users home images nova keys/fernet keys/credential lock heat-env heat-tpl cinder rabbit/{mnesia,log}
chmod 700 keys/fernet keys/credential

authtoken() { cat <<X
[keystone_authtoken]
www_authenticate_uri = $AUTH
auth_url = $AUTH
auth_type = password
project_domain_id = default
user_domain_id = default
project_name = service
username = $1
password = $SVC_PW
service_token_roles = service
service_token_roles_required = true
# Long enough to spare Keystone, short enough that a revoked token is refused at once.
token_cache_time = 5
X
}
svcauth() { cat <<X
auth_url = $AUTH
auth_type = password
project_domain_id = default
user_domain_id = default
project_name = service
username = $1
password = $SVC_PW
region_name = RegionOne
X
}

cat > etc/keystone.conf <<X
[DEFAULT]
log_dir =
use_stderr = true
max_token_size = 2048
[database]
connection = $(db keystone)
[fernet_tokens]
key_repository = $OS_RUN/keys/fernet
[credential]
key_repository = $OS_RUN/keys/credential
[token]
provider = fernet
expiration = 3600
[identity]
password_hash_rounds = 4
[cache]
enabled = true
backend = dogpile.cache.memory
[oslo_policy]
policy_file = $OS_RUN/etc/none.yaml
X

cat > etc/placement.conf <<X
[DEFAULT]
use_stderr = true
[api]
auth_strategy = keystone
[placement_database]
connection = $(db placement)
$(authtoken placement)
[oslo_policy]
policy_file = $OS_RUN/etc/none.yaml
X

cat > etc/glance-api.conf <<X
[DEFAULT]
bind_host = 127.0.0.1
bind_port = $GLANCE_PORT
workers = 0
use_stderr = true
[database]
connection = $(db glance)
[glance_store]
stores = file,http
default_store = file
filesystem_store_datadir = $OS_RUN/images
[paste_deploy]
flavor = keystone
config_file = $PKGROOT/usr/share/glance-common/glance-api-paste.ini
[oslo_concurrency]
lock_path = $OS_RUN/lock
[oslo_policy]
policy_file = $OS_RUN/etc/none.yaml
$(authtoken glance)
X

cat > etc/nova.conf <<X
[DEFAULT]
my_ip = 127.0.0.1
host = fakehost
state_path = $OS_RUN/nova
use_stderr = true
transport_url = $RABBIT
compute_driver = fake.FakeDriver
enabled_apis = osapi_compute
osapi_compute_listen = 127.0.0.1
osapi_compute_listen_port = $NOVA_PORT
osapi_compute_workers = 1
periodic_fuzzy_delay = 0
service_down_time = 120
report_interval = 20
sync_power_state_interval = -1
heal_instance_info_cache_interval = -1
update_resources_interval = 60
vif_plugging_is_fatal = false
vif_plugging_timeout = 0
[wsgi]
api_paste_config = $PKGROOT/usr/share/nova-common/api-paste.ini
[api]
auth_strategy = keystone
[api_database]
connection = $(db nova_api)
[database]
connection = $(db nova_cell1)
[conductor]
workers = 1
[scheduler]
workers = 1
discover_hosts_in_cells_interval = 2
[quota]
driver = nova.quota.NoopQuotaDriver
[glance]
$(svcauth nova)
[placement]
$(svcauth nova)
[neutron]
$(svcauth nova)
[service_user]
send_service_user_token = true
$(svcauth nova)
[cinder]
$(svcauth nova)
[vnc]
enabled = false
[oslo_concurrency]
lock_path = $OS_RUN/lock
[oslo_policy]
enforce_new_defaults = true
enforce_scope = false
policy_file = $OS_RUN/etc/none.yaml
[upgrade_levels]
compute = auto
$(authtoken nova)
X

cat > etc/heat.conf <<X
[DEFAULT]
use_stderr = true
transport_url = $RABBIT
num_engine_workers = 1
action_retry_limit = ${HEAT_RETRIES:-1}
convergence_engine = ${HEAT_CONVERGENCE:-true}
region_name_for_services = RegionOne
heat_metadata_server_url = http://127.0.0.1:$HEAT_PORT
heat_waitcondition_server_url = http://127.0.0.1:$HEAT_PORT/v1/waitcondition
stack_user_domain_name = heat
stack_domain_admin = heat_domain_admin
stack_domain_admin_password = $SVC_PW
auth_encryption_key = 0123456789abcdef0123456789abcdef
environment_dir = $OS_RUN/heat-env
template_dir = $OS_RUN/heat-tpl
[database]
connection = $(db heat)
[heat_api]
bind_host = 127.0.0.1
bind_port = $HEAT_PORT
workers = 1
[paste_deploy]
api_paste_config = $PKGROOT/etc/heat/api-paste.ini
[clients_keystone]
auth_uri = http://127.0.0.1:$KEYSTONE_PORT
[trustee]
auth_type = password
auth_url = $AUTH
username = heat
password = $SVC_PW
user_domain_id = default
[oslo_concurrency]
lock_path = $OS_RUN/lock
[oslo_policy]
enforce_new_defaults = true
enforce_scope = false
policy_file = $OS_RUN/etc/none.yaml
$(authtoken heat)
X

cat > etc/magnum.conf <<X
[DEFAULT]
use_stderr = true
host = fakehost
transport_url = $RABBIT
state_path = $OS_RUN
periodic_interval_max = 2
[api]
host = 127.0.0.1
port = $MAGNUM_PORT
workers = 1
api_paste_config = $PKGROOT/usr/share/magnum-common/api-paste.ini
[database]
connection = $(db magnum)
[conductor]
workers = 1
[certificates]
cert_manager_type = x509keypair
[trust]
trustee_domain_name = magnum
trustee_domain_admin_name = magnum_domain_admin
trustee_domain_admin_password = $SVC_PW
trustee_keystone_interface = public
cluster_user_trust = true
[drivers]
verify_ca = false
[cinder_client]
region_name = RegionOne
[keystone_auth]
$(svcauth magnum)
[oslo_concurrency]
lock_path = $OS_RUN/lock
[oslo_policy]
policy_file = $OS_RUN/etc/magnum-policy.yaml
$(authtoken magnum)
X

cat > etc/cinder.conf <<X
[DEFAULT]
use_stderr = true
my_ip = 127.0.0.1
host = fakehost
transport_url = $RABBIT
auth_strategy = keystone
state_path = $OS_RUN/cinder
osapi_volume_listen = 127.0.0.1
osapi_volume_listen_port = $CINDER_PORT
osapi_volume_workers = 1
enabled_backends = fake
default_volume_type = __DEFAULT__
enable_v3_api = true
api_paste_config = $PKGROOT/usr/share/cinder-common/api-paste.ini
periodic_fuzzy_delay = 0
report_interval = 20
service_down_time = 120
[fake]
volume_driver = fakevol_cinder.FakeVolumeDriver
volume_backend_name = fake
[database]
connection = $(db cinder)
[coordination]
backend_url = file://$OS_RUN/cinder
[nova]
$(svcauth cinder)
[oslo_concurrency]
lock_path = $OS_RUN/lock
[oslo_policy]
policy_file = $OS_RUN/etc/none.yaml
$(authtoken cinder)
X

# The rules that Magnum has by itself since 2023.2: members change, readers look.
{
  for rule in cluster:{create,delete,resize,update,update_health_status,upgrade} clustertemplate:{create,delete,update} \
    nodegroup:{create,delete,update}; do echo "\"$rule\": \"role:admin or (role:member and project_id:%(project_id)s)\""; done
  for rule in cluster:{detail,get,get_all} clustertemplate:{detail,get,get_all} nodegroup:{get,get_all}; do
    echo "\"$rule\": \"role:admin or (role:reader and project_id:%(project_id)s)\""
  done
} >etc/magnum-policy.yaml

echo "# empty policy file: the defaults in code apply" > etc/none.yaml

cat > etc/rabbitmq.conf <<X
listeners.tcp.local = 127.0.0.1:$AMQP_PORT
log.console = false
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 50MB
X
echo "[]." > etc/enabled_plugins
