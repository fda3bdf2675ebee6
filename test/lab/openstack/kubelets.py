#!/usr/bin/env python3
"""Hollow kubelets for the lab's Nova servers: every server whose name starts with PREFIX becomes a Node of a real
kube-apiserver and renews its Lease; a reboot, stop, start or delete in Nova shows in Kubernetes as it would for a real
machine (new bootID, silence, a new Node for a new server).

  kubelets.py PREFIX KUBECONFIG FAULTS_DIR

Faults are files in FAULTS_DIR, named after the node; each line is one word:
  kubelet-dead    no heartbeat until the server is rebooted, stopped and started, or replaced
  sticky          no heartbeat whatever happens to this server: only a replacement helps (a new server starts without faults)
  not-ready       heartbeats go on, but Ready=False (KubeletNotReady) until reboot
  api-dead        (masters) the HTTPS health endpoint on the node's address stops answering until reboot
  api-sticky      (masters) the same, whatever happens to this server
Every change that it sees or makes is one JSON line on standard output.

Environment: BEAT_SECONDS (10), BOOT_SECONDS (5), NETWORK (127.0: masters are NETWORK.1.N, workers NETWORK.2.N, so that
endpoint checks on port 6443 reach a real TLS listener), ZONES (comma separated, one after the other by index).
"""
import hashlib
import http.server
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone

import requests
import urllib3
import yaml

from client import Client

urllib3.disable_warnings()
PREFIX, KUBECONFIG, FAULTS = sys.argv[1:4]
BOOT_SECONDS = float(os.environ.get("BOOT_SECONDS", "5"))
BEAT_SECONDS = float(os.environ.get("BEAT_SECONDS", "10"))
NETWORK = os.environ.get("NETWORK", "127.0")
ZONES = os.environ.get("ZONES", "nova").split(",")
MERGE, STRATEGIC = ({"Content-Type": "application/%s+json" % kind} for kind in ("merge-patch", "strategic-merge-patch"))
os.makedirs(FAULTS, exist_ok=True)


def say(event, **more):
    sys.stdout.write(json.dumps({"t": round(time.time(), 3), "event": event, **more}) + "\n")
    sys.stdout.flush()


def now(micro=False):
    t = datetime.now(timezone.utc)
    return t.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")


def fault_file(name):
    return os.path.join(FAULTS, name)


def faults(name):
    try:
        with open(fault_file(name)) as file:
            return set(file.read().split())
    except FileNotFoundError:
        return set()


def keep_faults(name, kept):
    left = faults(name) & kept
    if left:
        with open(fault_file(name), "w") as file:
            file.write("\n".join(left))
    elif os.path.exists(fault_file(name)):
        os.unlink(fault_file(name))


class Kube:
    def __init__(self, path):
        with open(path) as file:
            config = yaml.safe_load(file)
        self.url = config["clusters"][0]["cluster"]["server"]
        self.session = requests.Session()
        self.session.trust_env = False    # a REQUESTS_CA_BUNDLE in the environment would win over verify
        self.session.verify = False
        self.session.headers["Authorization"] = "Bearer " + config["users"][0]["user"]["token"]

    def __call__(self, method, path, body=None, headers=None):
        return self.session.request(method, self.url + path, json=body, headers=headers, timeout=10)


class Kubelet:
    def __init__(self, server):
        self.id, self.name = server["id"], server["name"]
        role, index = re.search(r"-(master|node)-(\d+)$", self.name).groups()
        self.master, self.index = role == "master", int(index)
        self.ip = f"{NETWORK}.{1 if self.master else 2}.{self.index + 1}"
        self.boots, self.last_action, self.up_at, self.on = 0, None, time.time(), False
        self.registered, self.told, self.next_beat, self.door = False, None, 0.0, None
        if self.name in newest:      # a new server of an old name: the old one's faults died with it
            keep_faults(self.name, set())
        newest[self.name] = self
        if self.master and self.ip not in served:
            served.add(self.ip)
            threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        name = self.name

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                kubelet = newest[name]
                if not kubelet.on or time.time() < kubelet.up_at or faults(name) & {"api-dead", "api-sticky"}:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass
        try:
            server = http.server.ThreadingHTTPServer((self.ip, 6443), Handler)
        except OSError as error:
            return say("endpoint-not-served", node=self.name, error=str(error))
        server.socket = TLS.wrap_socket(server.socket, server_side=True)
        server.serve_forever()

    def status(self, ready, reason):
        t = now()
        size = {"cpu": "4", "memory": "8Gi", "pods": "110"}
        conditions = [("Ready", "True" if ready else "False", reason)]
        conditions += [(kind, "False", "KubeletHas") for kind in ("MemoryPressure", "DiskPressure", "PIDPressure")]
        return {"status": {
            "addresses": [{"type": "InternalIP", "address": self.ip}, {"type": "Hostname", "address": self.name}],
            "capacity": size, "allocatable": size,
            "nodeInfo": {"machineID": self.id.replace("-", ""), "systemUUID": self.id,
                         "bootID": hashlib.sha256(f"{self.id}/{self.boots}".encode()).hexdigest()[:32], "kernelVersion": "6.1.0",
                         "osImage": "fake-os", "containerRuntimeVersion": "containerd://2.0.0", "kubeletVersion": "v1.34.4",
                         "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64"},
            "conditions": [{"type": kind, "status": status, "reason": why, "message": why, "lastHeartbeatTime": t,
                            "lastTransitionTime": t} for kind, status, why in conditions]}}

    def register(self):
        role, magnum = ("control-plane", "master") if self.master else ("worker", "worker")
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.name, "labels": {
            "kubernetes.io/hostname": self.name, f"node-role.kubernetes.io/{role}": "",
            "topology.kubernetes.io/zone": ZONES[self.index % len(ZONES)],
            "magnum.openstack.org/role": magnum, "magnum.openstack.org/nodegroup": "default-" + magnum}},
            "spec": {"providerID": "openstack:///" + self.id}}
        answer = kube("POST", "/api/v1/nodes", node)
        if answer.status_code == 409:     # as a cloud-controller-manager does with the Node of a machine that is gone
            stored = kube("GET", "/api/v1/nodes/" + self.name).json()
            if stored["spec"].get("providerID") != node["spec"]["providerID"]:
                kube("DELETE", "/api/v1/nodes/" + self.name)
                answer = kube("POST", "/api/v1/nodes", node)
        say("registered", node=self.name, server=self.id, code=answer.status_code)
        self.registered = True

    def renew(self):
        leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
        spec = {"holderIdentity": self.name, "leaseDurationSeconds": 40, "renewTime": now(True)}
        if kube("PATCH", f"{leases}/{self.name}", {"spec": spec}, MERGE).status_code == 404:
            kube("POST", leases, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                                  "metadata": {"name": self.name, "namespace": "kube-node-lease"}, "spec": spec})

    def lives(self):
        return self.on and time.time() >= self.up_at and not faults(self.name) & {"kubelet-dead", "sticky"}

    def answer_calls(self):
        """A kubelet that lives takes connections on its port; a dead one refuses them."""
        if self.lives() == (self.door is not None):
            return
        if self.door is not None:
            self.door.close()
            self.door = None
            return
        self.door = socket.create_server((self.ip, 10250), backlog=64)
        self.door.settimeout(0)

    def welcome(self):
        while self.door is not None:
            try:
                self.door.accept()[0].close()
            except BlockingIOError:
                return

    def beat(self):
        if not self.lives():
            return
        words = faults(self.name)
        if not self.registered:
            self.register()
        self.renew()
        node = kube("GET", "/api/v1/nodes/" + self.name)
        if node.status_code == 404:
            return self.register()
        ready = "not-ready" not in words
        wanted = "True" if ready else "False"
        differs = any(c["type"] == "Ready" and c["status"] != wanted for c in node.json()["status"].get("conditions", []))
        if self.told != (ready, self.boots) or differs:
            answer = kube("PATCH", f"/api/v1/nodes/{self.name}/status",
                          self.status(ready, "KubeletReady" if ready else "KubeletNotReady"), STRATEGIC)
            say("status", node=self.name, ready=ready, boot=self.boots, code=answer.status_code)
            if answer.status_code == 200:
                self.told = (ready, self.boots)

    def look(self, server):
        answer = cloud("GET", f"compute:/servers/{self.id}/os-instance-actions")
        if answer.status_code != 200:
            return
        power = ("reboot", "start", "stop")
        last = next((a for a in answer.json()["instanceActions"] if a["action"] in power), None)
        if last is not None and last["request_id"] != self.last_action:
            self.last_action = last["request_id"]
            say("cloud-action", node=self.name, action=last["action"], started=last["start_time"])
            if last["action"] != "stop":
                self.boots += 1
                self.up_at = time.time() + BOOT_SECONDS
                self.next_beat = self.up_at
                keep_faults(self.name, {"sticky", "api-sticky"})
        on = server["status"] == "ACTIVE"
        if on != self.on:
            self.on = on
            say("power", node=self.name, on=on, status=server["status"])


def certificate():
    folder = os.path.join(FAULTS, ".tls")
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(folder + "/key"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder + "/key", "-out",
                        folder + "/crt", "-days", "2", "-subj", "/CN=lab"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + "/crt", folder + "/key")
    return context


def look_at_cloud():
    answer = cloud("GET", "compute:/servers/detail")
    if answer.status_code != 200:     # the machines live on while the cloud's API is away
        return
    live = {s["id"]: s for s in answer.json()["servers"] if s["name"].startswith(PREFIX) and s["status"] != "BUILD"}
    for server_id, server in live.items():
        if server_id not in kubelets:
            kubelets[server_id] = Kubelet(server)
        kubelets[server_id].look(server)
    for server_id in [i for i in kubelets if i not in live]:
        say("server-gone", node=kubelets[server_id].name, server=server_id)
        gone = kubelets.pop(server_id)
        gone.on = False
        gone.answer_calls()


def beat_all():
    for kubelet in list(kubelets.values()):
        kubelet.answer_calls()
        kubelet.welcome()
        if time.time() >= kubelet.next_beat:
            kubelet.next_beat = time.time() + BEAT_SECONDS
            kubelet.beat()


def forever(act, pause):
    while True:
        try:
            act()
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            say("error", error=repr(error)[:200])
        time.sleep(pause)


TLS = certificate()
kubelets, newest, served = {}, {}, set()      # by server id; the newest by node name; addresses with a listener
kube = Kube(KUBECONFIG)
cloud = Client("demo", os.environ["DEMO_PW"], "demo")
kube("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-node-lease"}})
# Two threads: heartbeats go on however slowly the cloud answers.
threading.Thread(target=forever, args=(look_at_cloud, 0.7), daemon=True).start()
forever(beat_all, 0.2)
