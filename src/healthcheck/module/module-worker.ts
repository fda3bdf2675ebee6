import type { NodeFacts } from '../../core/model/node.ts'
import type { Millis } from '../../core/model/primitives.ts'
import { startModuleThread, type ThreadEnd } from '../../lib/module-thread.ts'
import { textOf } from '../../lib/pure/json.ts'
import { type CheckResult, checkResult } from '../plugin/check-result.ts'
import { readAnswer } from '../plugin/plugin-answer.ts'

/** One thread with one user's check in it. */
export interface ModuleWorker {
  /** Never rejects. After a crash or a loop that never yields, every further call is `unknown` at once. */
  call(node: NodeFacts, timeoutMs: Millis): Promise<CheckResult>
  end(): Promise<void>
}

export function startModuleWorker(url: URL): ModuleWorker {
  const thread = startModuleThread({ url, functions: ['check'] })
  return {
    async call(node, timeoutMs) {
      const end = await thread.call('check', [node], timeoutMs)
      return readEnd(end, `no answer for ${node.name} within ${timeoutMs} ms`)
    },
    end: thread.end,
  }
}

function readEnd(end: ThreadEnd, late: string): CheckResult {
  switch (end.how) {
    case 'answered':
      return readAnswer(end.answer)
    case 'threw':
      return checkResult('unknown', 'PluginThrew', textOf(end.thrown.message))
    case 'hung':
      return checkResult('unknown', 'PluginHung', late)
    case 'died':
      return checkResult('unknown', 'PluginCrashed', end.message)
    case 'garbled':
      return checkResult('unknown', 'PluginGarbage', end.message)
  }
}
