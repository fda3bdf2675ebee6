import type { Right } from '../src/daemon/section.ts'

const labels = { 'app.kubernetes.io/name': 'heald' }
const SUBJECT = { kind: 'ServiceAccount', name: 'heald', namespace: 'kube-system' }
const API = 'rbac.authorization.k8s.io'

/** The account of heald, and a role with its binding for each namespace in which it has rights, the cluster's first. */
export function rbacOf(rights: readonly Right[]): readonly object[] {
  const namespaces = [...new Set(rights.map(({ namespace = '' }) => namespace))].sort()
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadataIn('kube-system'), labels } }
  return [
    account,
    ...namespaces.flatMap((one) =>
      roleOf(
        one,
        rights.filter(({ namespace = '' }) => namespace === one),
      ),
    ),
  ]
}

function roleOf(namespace: string, rights: readonly Right[]): readonly object[] {
  const kind = namespace === '' ? 'ClusterRole' : 'Role'
  const metadata = { ...metadataIn(namespace), labels }
  const roleRef = { apiGroup: API, kind, name: 'heald' }
  return [
    { apiVersion: `${API}/v1`, kind, metadata, rules: rights.map(ruleOf) },
    { apiVersion: `${API}/v1`, kind: `${kind}Binding`, metadata, roleRef, subjects: [SUBJECT] },
  ]
}

function ruleOf({ why, verbs, group, resource, name }: Right): object {
  return {
    ...(why === undefined ? {} : { '#': why }),
    apiGroups: [group],
    resources: [resource],
    ...(name === undefined ? {} : { resourceNames: [name] }),
    verbs: verbs.split(' '),
  }
}

function metadataIn(namespace: string): object {
  return { name: 'heald', ...(namespace === '' ? {} : { namespace }) }
}
