import { CommanderError } from 'commander'
import { KubeError } from '../../src/kube/client/http.ts'
import { asError } from '../../src/lib/errors.ts'
import { EXIT, ExitError } from './exit.ts'

export interface Failure {
  readonly code: number
  /** Undefined: commander has said it already. */
  readonly message: string | undefined
}

/** What a command that failed tells a person, and its exit code. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof CommanderError) {
    return { code: thrown.exitCode === 0 ? EXIT.ok : EXIT.usage, message: undefined }
  }
  if (thrown instanceof ExitError) return { code: thrown.code, message: thrown.message }
  if (thrown instanceof KubeError) return { code: codeOf(thrown), message: `heald: ${messageOf(thrown)}` }
  return { code: EXIT.internal, message: `heald: ${asError(thrown).message}` }
}

/** Another try may help when nobody answered or the API server was in trouble; otherwise something must be changed first. */
function codeOf({ status, reason }: KubeError): number {
  if (reason === 'NoCredentials') return EXIT.usage
  return status === 0 || status === 409 || status === 429 || status >= 500 ? EXIT.tryAgain : EXIT.usage
}

const REFUSED =
  /cannot (\S+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)"| at the cluster scope)?/

function messageOf({ status, reason, message }: KubeError): string {
  if (status === 401) {
    return `the API server does not know who you are (401): renew the credentials in your kubeconfig, or name another one with --kubeconfig\n${message}`
  }
  if (status === 403) {
    const [, verb, resource, group, namespace] = REFUSED.exec(message) ?? []
    if (verb === undefined) return `a right is missing (403): ${message}`
    const what = group === '' ? resource : `${resource}.${group}`
    const where = namespace === undefined ? 'in the whole cluster' : `in the namespace ${namespace}`
    return `a right is missing: "${verb}" of ${what} ${where}: ask whoever gives out roles for it\n${message}`
  }
  if (status === 0 && reason !== 'NoCredentials') return `the API server does not answer, try again: ${message}`
  return message
}
