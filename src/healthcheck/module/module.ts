import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { toMs } from '../../lib/schema/duration.ts'
import { commonParams } from '../plugin/params.ts'
import { definePlugin } from '../plugin/plugin.ts'
import { speaksFor } from '../plugin/plugin-answer.ts'
import { createFaultTeller, pollNodes } from '../plugin/poll-nodes.ts'
import { startModuleWorker } from './module-worker.ts'

/** Calls `check(node, signal)` of an ES module, in a thread of its own that lives for one round. */
export const module = definePlugin({
  type: 'Module',
  kind: 'poll',
  options: z.strictObject({
    ...commonParams,
    ...speaksFor,
    file: z.string().refine(isAbsolute, { error: 'not an absolute path' }).describe('an ES module, loaded every round'),
  }),
  program: ({ file }) => ({ file }),
  create(base, options, deps) {
    const { concurrency, plane, symptom = base.name } = options
    const timeoutMs = toMs(options.timeout)
    const tellFaults = createFaultTeller(base.name, deps.log)
    const url = pathToFileURL(options.file)
    return {
      ...base,
      kind: 'poll',
      plane,
      symptom,
      async poll(nodes, signal) {
        const worker = startModuleWorker(url)
        const onAbort = (): void => void worker.end()
        signal.addEventListener('abort', onAbort, { once: true })
        try {
          const polling = { clock: deps.clock, concurrency, atMostMs: timeoutMs }
          const findings = await pollNodes(nodes, polling, (node) => worker.call(node, timeoutMs), signal)
          tellFaults(findings)
          return findings
        } finally {
          signal.removeEventListener('abort', onAbort)
          await worker.end()
        }
      },
    }
  },
})
