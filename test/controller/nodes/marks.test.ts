import t from 'tap'
import { createMarkRelease } from '../../../src/controller/nodes/release-marks.ts'
import { parseMarks } from '../../../src/core/annotations/marks.ts'
import type { NodeRepair } from '../../../src/core/model/node-repair.ts'
import { createBench } from '../../support/controller/term-context.ts'
import { inPhase, pending, running } from '../../support/pure/scene.ts'
import { repair } from '../../support/pure/view.ts'

/** What one round of undo does to `w0` with these marks. */
async function undone(
  one: NodeRepair,
  node: { readonly marks?: string; readonly cordoned?: boolean; readonly unreadable?: boolean } = {},
): Promise<readonly string[]> {
  const { marks = JSON.stringify({ repair: 'w0-1', cordon: true, scaleDownDisabled: true }), cordoned = true } = node
  const unreadable = new Map(node.unreadable === true ? [['w0', 'garbage']] : [])
  const scene = { annotations: { 'heald.dev/marks': marks }, unschedulable: cordoned }
  const bench = createBench({ repair: one, node: scene, parts: { rest: { unreadable } } })
  await createMarkRelease(bench.context.nodes).run(bench.context)
  return bench.sent
}

t.test('marks stay while a repair that has begun to act needs them, and go with its end', async (t) => {
  t.same(await undone(pending()), ['unmark'], 'never came to Issued')
  t.same(await undone(pending({ phase: 'Draining' })), [])
  t.same(await undone(pending({ attempts: [running('start', { state: 'Failed' })] })), [], 'between two rungs')
  for (const phase of ['Acting', 'Verifying', 'Soaking'] as const) t.same(await undone(inPhase(phase)), [], phase)
  t.same(await undone(repair('w0', { phase: 'Parked' })), [], 'a parked node stays cordoned for the person')
  for (const phase of ['Succeeded', 'Cancelled'] as const) t.same(await undone(repair('w0', { phase })), ['unmark'])
  t.same(await undone(repair('w0', { phase: 'Acting' }, { name: 'w0-2' })), ['unmark'], 'of a repair that is no more')
})

t.test('a person who uncordoned is remembered first; a cordon that comes after that is theirs', async (t) => {
  t.same(await undone(inPhase('Acting'), { cordoned: false }), ['status Acting Issued', 'unmark, keep the cordon'])
  const lifted = inPhase('Acting', 'reboot-soft', { cordon: 'lifted-by-person' })
  t.same(await undone(lifted), ['unmark, keep the cordon'])
  t.same(await undone(repair('w0', { phase: 'Succeeded', cordon: 'lifted-by-person' })), ['unmark, keep the cordon'])
})

t.test(
  'whether an unreadable repair needs its marks nobody knows, and marks that are garbage are nobody’s',
  async (t) => {
    t.same(await undone(pending(), { unreadable: true }), [])
    for (const marks of ['', 'x', '{}', '[]', '{"repair":1}', 'null', '{"repair":"w0-1","cordon":true}']) {
      t.equal(parseMarks(marks), undefined)
      t.same(await undone(pending(), { marks }), [], marks)
    }
  },
)
