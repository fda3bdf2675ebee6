import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes a kubeconfig for `server`, whose token is a secret that no output may hold. Returns its path. */
export function writeKubeconfig(dir: string, server: string, token = SECRET_TOKEN): string {
  const path = join(dir, 'kubeconfig')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  }
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 })
  return path
}

export const SECRET_TOKEN = 'zebra77hunter'
