// Where the API server has what heald asks for. A name becomes part of a path here only, always encoded.

export const NODES = '/api/v1/nodes'
export const PODS = '/api/v1/pods'
export const PERSISTENT_VOLUMES = '/api/v1/persistentvolumes'
/** Cluster-scoped objects have their events here: the API server takes them nowhere else. */
export const EVENTS = '/apis/events.k8s.io/v1/namespaces/default/events'
/** The heartbeats of the kubelets. */
export const NODE_LEASES = leasesIn('kube-node-lease')

export function nodePath(name: string): string {
  return pathIn(NODES, name)
}

export function podsIn(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`
}

export function configMapsIn(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`
}

export function configMapPath(namespace: string, name: string): string {
  return pathIn(configMapsIn(namespace), name)
}

export function endpointsPath(namespace: string, name: string): string {
  return pathIn(`/api/v1/namespaces/${encodeURIComponent(namespace)}/endpoints`, name)
}

export function leasesIn(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`
}

/** One object of the collection `all`. */
export function pathIn(all: string, name: string): string {
  return `${all}/${encodeURIComponent(name)}`
}
