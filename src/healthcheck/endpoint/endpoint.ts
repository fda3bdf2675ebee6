import { z } from 'zod'
import { toMs } from '../../lib/schema/duration.ts'
import { type CheckResult, checkResult, internalIP } from '../plugin/check-result.ts'
import { commonParams } from '../plugin/params.ts'
import { definePlugin, type PluginDeps } from '../plugin/plugin.ts'
import { createFaultTeller, pollNodes } from '../plugin/poll-nodes.ts'
import { fetchAnswer } from './endpoint-request.ts'
import { readTrust, sendsPodToken, type Trust } from './endpoint-trust.ts'

const Options = z
  .strictObject({
    ...commonParams,
    protocol: z.enum(['HTTPS', 'HTTP', 'https', 'http']).default('HTTPS'),
    port: z.int().min(1).max(65_535).default(6_443),
    endpoints: z.array(z.string()).min(1).default(['/healthz']).describe('paths; every one must answer well'),
    method: z.enum(['GET', 'HEAD']).default('GET'),
    okCodes: z.array(z.int().min(100).max(599)).min(1).default([200]).describe('status codes that are healthy'),
    expectBody: z.string().min(1).optional().describe('text that the first 64 KiB of the body must contain'),
    requireToken: z.boolean().default(false).describe('send a bearer token; without it no token is ever sent'),
    token: z.string().min(1).optional().describe("the token; default: the pod's own. Better: tokenFile"),
    tokenFile: z.string().min(1).optional().describe('file with the token, read anew for every round'),
    caFile: z.string().min(1).optional().describe('PEM file that the certificate must be signed by'),
    tlsVerify: z
      .boolean()
      .optional()
      .describe("verify the certificate; default: only with caFile, and with the pod's own token"),
    unhealthyAnnotation: z.string().optional().describe('accepted for magnum-auto-healer, without effect'),
  })
  .refine(({ token, tokenFile }) => token === undefined || tokenFile === undefined, {
    error: 'token and tokenFile exclude each other; keep tokenFile',
    path: ['tokenFile'],
  })
  .refine(({ caFile, tlsVerify }) => caFile === undefined || tlsVerify !== false, {
    error: 'caFile has no effect without verification; remove one of the two',
    path: ['tlsVerify'],
  })
  .refine((options) => !sendsPodToken(options) || options.tlsVerify !== false, {
    error: "the pod's own token goes only where the certificate is verified: remove this, or give a tokenFile",
    path: ['tlsVerify'],
  })
  .refine((options) => !sendsPodToken(options) || /^https$/i.test(options.protocol), {
    error: "the pod's own token goes only where the certificate is verified: use HTTPS, or give a tokenFile",
    path: ['protocol'],
  })
  .refine(({ method, expectBody }) => method === 'GET' || expectBody === undefined, {
    error: 'HEAD answers have no body; use GET',
    path: ['expectBody'],
  })

export type EndpointOptions = z.output<typeof Options>

/** Asks an HTTP endpoint on each node's InternalIP. Parameters of magnum-auto-healer's check of the same name, and more. */
export const endpoint = definePlugin({
  type: 'Endpoint',
  kind: 'poll',
  options: Options,
  create(base, options, deps) {
    const { concurrency, endpoints, port } = options
    const timeoutMs = toMs(options.timeout)
    const tellFaults = createFaultTeller(base.name, deps.log)
    tellOddities(base.name, options, deps)
    return {
      ...base,
      kind: 'poll',
      plane: 'probe',
      symptom: `Endpoint:${port}`,
      async poll(nodes, signal) {
        const trust = await readTrust(options, deps)
        const polling = { clock: deps.clock, concurrency, atMostMs: timeoutMs * endpoints.length }
        const findings = await pollNodes(
          nodes,
          polling,
          async (node) => {
            if ('why' in trust) return trust.why
            const address = internalIP(node)
            if (address === undefined)
              return checkResult('unknown', 'NoInternalIP', 'the Node object names no InternalIP')
            return askAll(address, options, trust, signal)
          },
          signal,
        )
        tellFaults(findings)
        return findings
      },
    }
  },
})

/** One after the other: the first that fails decides, then the first that is unknown. */
async function askAll(
  address: string,
  options: EndpointOptions,
  trust: Trust,
  signal: AbortSignal,
): Promise<CheckResult> {
  let worst = checkResult('pass', 'Answered')
  for (const path of options.endpoints) {
    const seen = await fetchAnswer(urlOf(address, path, options), options, trust, signal)
    if (seen.status === 'fail') return seen
    if (seen.status === 'unknown' && worst.status === 'pass') worst = seen
  }
  return worst
}

function urlOf(address: string, path: string, { protocol, port }: EndpointOptions): string {
  const host = address.includes(':') ? `[${address}]` : address
  return `${protocol.toLowerCase()}://${host}:${port}/${path.replace(/^\/+/, '')}`
}

function tellOddities(check: string, options: EndpointOptions, { log }: PluginDeps): void {
  const { requireToken, token, tokenFile, unhealthyAnnotation, caFile, tlsVerify } = options
  if (unhealthyAnnotation !== undefined) {
    log.info({ check, param: 'unhealthyAnnotation' }, 'parameter has no effect: failing-since is kept by our own clock')
  }
  if (!requireToken && (token ?? tokenFile) !== undefined) {
    log.warn({ check }, 'a token is configured but not sent: requireToken is false')
  }
  if (requireToken && caFile === undefined && tlsVerify !== true && !sendsPodToken(options)) {
    log.warn({ check }, 'a token is sent to endpoints whose certificates are not verified')
  }
}
