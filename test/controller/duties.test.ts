import t from 'tap'
import { type Duty, runDuties } from '../../src/controller/duties.ts'
import type { Term } from '../../src/core/ports/term.ts'

const term: Term = { epoch: 7, signal: new AbortController().signal, renew: async () => Number.POSITIVE_INFINITY }

/** Runs until it is stopped, and notes that it has. */
function idle(log: string[]): Duty {
  return async (_, stopping) => {
    if (!stopping.aborted) await new Promise((resolve) => stopping.addEventListener('abort', resolve))
    log.push('stopped')
    return 'stopped'
  }
}

t.test('all duties of a term run side by side under its epoch, until they are stopped', async (t) => {
  const [log, stop, epochs] = [[] as string[], new AbortController(), [] as number[]]
  const noting: Duty = (term, stopping) => {
    epochs.push(term.epoch)
    return idle(log)(term, stopping)
  }
  const running = runDuties([noting, noting], term, stop.signal)
  t.same([epochs, log], [[7, 7], []])
  stop.abort()
  t.equal(await running, 'stopped')
  t.same(log, ['stopped', 'stopped'])
  t.equal(await runDuties([noting], term, stop.signal), 'stopped', 'stopped before it began')
})

t.test('a duty that asks for another leader ends the others first', async (t) => {
  const log: string[] = []
  const end = await runDuties([idle(log), async () => 'hand-over'], term, new AbortController().signal)
  t.same([end, log], ['hand-over', ['stopped']])
})

t.test('a duty that fails ends the term with its error, and leaves none of the others running', async (t) => {
  const log: string[] = []
  const failing: Duty = async () => {
    throw new Error('can not go on')
  }
  await t.rejects(runDuties([idle(log), failing], term, new AbortController().signal), { message: 'can not go on' })
  t.same(log, ['stopped'])
})
