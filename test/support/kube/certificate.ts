import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A self-signed certificate, which is its own authority. */
export function createCertificate(names: string): { key: string; cert: string } {
  const dir = mkdtempSync(join(tmpdir(), 'heald-cert-'))
  try {
    const [key, cert] = [join(dir, 'key'), join(dir, 'cert')]
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert]
    const about = ['-days', '2', '-subj', '/CN=test', '-addext', `subjectAltName=${names}`]
    execFileSync('openssl', ['req', '-x509', ...made, ...about], { stdio: 'pipe' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(dir, { recursive: true })
  }
}
