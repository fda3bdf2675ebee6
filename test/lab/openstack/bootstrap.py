"""bootstrap.py identity|resources|wait: projects, users, roles, services and endpoints; flavors and image; the compute host."""
import os
import sys
import time

import requests

E = os.environ
AUTH = E["AUTH"]
S = requests.Session()


def token(user="admin", pw=None, project="admin", domain="default"):
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "name": user, "password": pw or E["ADMIN_PW"], "domain": {"id": domain}}}},
        "scope": {"project": {"name": project, "domain": {"id": "default"}}}}}
    r = S.post(AUTH + "/auth/tokens", json=body)
    r.raise_for_status()
    return r.headers["X-Subject-Token"]


def call(method, url, body=None, ok=(200, 201, 202, 204, 409), headers=None, **kw):
    r = S.request(method, url, json=body, headers=dict({"X-Auth-Token": TOK}, **(headers or {})), **kw)
    if r.status_code not in ok:
        raise SystemExit("%s %s -> %s %s" % (method, url, r.status_code, r.text[:600]))
    return r


def make(kind, plural, attrs):
    """Create or look up a Keystone object; returns its id."""
    r = call("POST", "%s/%s" % (AUTH, plural), {kind: attrs})
    if r.status_code == 409:
        q = {"name": attrs["name"]}
        if "domain_id" in attrs:
            q["domain_id"] = attrs["domain_id"]
        return call("GET", "%s/%s" % (AUTH, plural), params=q).json()[plural][0]["id"]
    return r.json()[kind]["id"]


def identity():
    role = {n: make("role", "roles", {"name": n}) for n in
            ("admin", "member", "reader", "service", "heat_stack_user", "heat_stack_owner")}
    svc_prj = make("project", "projects", {"name": "service", "domain_id": "default"})
    demo = make("project", "projects", {"name": "demo", "domain_id": "default"})
    other = make("project", "projects", {"name": "other", "domain_id": "default"})

    def user(name, pw, domain="default"):
        return make("user", "users", {"name": name, "password": pw, "domain_id": domain})

    def grant(where, r, u):
        call("PUT", "%s/%s/users/%s/roles/%s" % (AUTH, where, u, role[r]))

    # A token of it is good, and no policy knows its only role.
    role["guest"] = make("role", "roles", {"name": "guest"})
    u = user("demo-guest", E["DEMO_PW"])
    grant("projects/" + demo, "guest", u)
    for n in ("placement", "nova", "glance", "heat", "magnum", "neutron", "cinder"):
        u = user(n, E["SVC_PW"])
        grant("projects/" + svc_prj, "admin", u)
        grant("projects/" + svc_prj, "service", u)
    u = user("demo", E["DEMO_PW"])
    for r in ("member", "reader"):
        grant("projects/" + demo, r, u)
    u = user("demo-reader", E["DEMO_PW"])
    grant("projects/" + demo, "reader", u)
    u = user("stranger", E["DEMO_PW"])
    grant("projects/" + other, "member", u)
    for dom, adm in (("heat", "heat_domain_admin"), ("magnum", "magnum_domain_admin")):
        d = make("domain", "domains", {"name": dom})
        a = user(adm, E["SVC_PW"], d)
        grant("domains/" + d, "admin", a)
    for typ, name, port, path in (
            ("compute", "nova", E["NOVA_PORT"], "/v2.1"),
            ("placement", "placement", E["PLACEMENT_PORT"], ""),
            ("image", "glance", E["GLANCE_PORT"], ""),
            ("orchestration", "heat", E["HEAT_PORT"], "/v1/%(tenant_id)s"),
            ("container-infra", "magnum", E["MAGNUM_PORT"], "/v1"),
            ("network", "neutron", E["NEUTRON_PORT"], ""),
            ("volumev3", "cinder", E["CINDER_PORT"], "/v3/%(tenant_id)s")):
        if typ == "volumev3" and E.get("CINDER") != "1":
            continue
        s = make("service", "services", {"name": name, "type": typ})
        for i in ("public", "internal", "admin"):
            call("POST", AUTH + "/endpoints", {"endpoint": {
                "service_id": s, "interface": i, "region_id": "RegionOne",
                "url": "http://127.0.0.1:%s%s" % (port, path)}})


def resources():
    nova = "http://127.0.0.1:" + E["NOVA_PORT"] + "/v2.1"
    gl = "http://127.0.0.1:" + E["GLANCE_PORT"] + "/v2"
    for n, ram, cpu in (("m1.node", 512, 1), ("m1.master", 1024, 1)):
        call("POST", nova + "/flavors", {"flavor": {"name": n, "ram": ram, "vcpus": cpu, "disk": 1, "id": n}})
    im = call("POST", gl + "/images", {"name": "fake-node", "disk_format": "raw", "container_format": "bare",
                                       "visibility": "public", "os_distro": "fake-os"}).json()["id"]
    call("PUT", gl + "/images/%s/file" % im, data=b"\0" * 512, headers={"Content-Type": "application/octet-stream"})
    wait()


def wait():
    nova = "http://127.0.0.1:" + E["NOVA_PORT"] + "/v2.1"
    for i in range(240):   # the scheduler maps new hosts every 5 s
        hv = call("GET", nova + "/os-hypervisors/detail").json()["hypervisors"]
        if hv and hv[0]["state"] == "up":
            return
        time.sleep(0.5)
    raise SystemExit("no compute host")


TOK = token()
{"identity": identity, "resources": resources, "wait": wait}[sys.argv[1]]()
