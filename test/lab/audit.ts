import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './paths.ts'

/** One kind of request that heald made, as the API server's audit log tells it. */
export interface Asked {
  readonly verb: string
  readonly group: string
  /** With its subresource: `pods/eviction`. */
  readonly resource: string
  /** Empty: cluster-scoped, or over all namespaces. */
  readonly namespace: string
  /** Of requests under a Role that names its objects. */
  readonly name: string
  readonly codes: readonly number[]
}

/** What one lab cluster saw, and of which program under which rules. */
export interface AuditExtract {
  readonly cluster: string
  readonly version: string
  readonly asked: readonly Asked[]
}

export const AUDIT_FOLDER = join(ROOT, '.tap', 'audit')
export const RBAC_FILE = join(ROOT, 'manifests', 'base', 'rbac.yaml')

/** Changes with the shipped rules and with the program: extracts of others prove nothing. */
export function auditVersion(): string {
  const hash = createHash('sha256')
  for (const file of [RBAC_FILE, join(ROOT, 'dist', 'heald.mjs')]) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

/** A cluster that dies in the middle must not leave its last run's extract behind as if it were this one's. */
export function forgetAudit(cluster: string): void {
  rmSync(fileOf(cluster), { force: true })
}

/** Boils a cluster's audit log down to the kinds of requests in it, and keeps that for the test of the shipped RBAC. */
export function keepAudit(cluster: string, log: string): void {
  const kinds = new Map<string, Omit<Asked, 'codes'> & { readonly codes: Set<number> }>()
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : []
  for (const line of lines) {
    // The last line of a killed API server may be cut.
    if (!line.endsWith('}')) continue
    const { verb, objectRef, responseStatus, requestURI } = JSON.parse(line)
    const { apiGroup = '', resource = requestURI, subresource, namespace = '', name = '' } = objectRef ?? {}
    const full = subresource === undefined ? resource : `${resource}/${subresource}`
    // Elsewhere names say nothing: no rule names its objects there.
    const kept = namespace === 'kube-system' && verb !== 'create' ? name : ''
    const scope = namespace === 'kube-system' || namespace === 'kube-node-lease' || full === 'events' ? namespace : ''
    const kind = { verb, group: apiGroup, resource: full, namespace: scope, name: kept }
    const key = JSON.stringify(kind)
    const known = kinds.get(key) ?? { ...kind, codes: new Set<number>() }
    known.codes.add(responseStatus?.code ?? 0)
    kinds.set(key, known)
  }
  const asked = [...kinds.values()].map((kind) => ({ ...kind, codes: [...kind.codes].sort() }))
  const extract: AuditExtract = { cluster, version: auditVersion(), asked }
  mkdirSync(AUDIT_FOLDER, { recursive: true })
  writeFileSync(fileOf(cluster), JSON.stringify(extract, null, 2))
}

/** Of every cluster that has left one, whatever it ran. */
export function readAudits(): readonly AuditExtract[] {
  const files = existsSync(AUDIT_FOLDER) ? readdirSync(AUDIT_FOLDER) : []
  return files.map((file) => JSON.parse(readFileSync(join(AUDIT_FOLDER, file), 'utf8')))
}

function fileOf(cluster: string): string {
  return join(AUDIT_FOLDER, `${cluster}.json`)
}
