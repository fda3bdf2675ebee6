import t from 'tap'
import { legendOf, press } from '../../../src/simulator/story/keys.ts'
import { createNarrator } from '../../../src/simulator/story/narrator.ts'
import { isReady } from '../../../src/simulator/story/stage.ts'
import { sumUp } from '../../../src/simulator/story/story.ts'
import { startWorld } from '../../support/cluster/world.ts'

const NAMES = ['m0', 'w0', 'w1']

t.test('each machine has a letter', async (t) => {
  t.same(legendOf(NAMES), [['a m0', 'b w0', 'c w1']])
  t.same(legendOf(['p', 'q', 'r', 's', 't', 'u']).at(-1), ['f u'])
})

t.test(
  'a small letter kills a kubelet, a capital one switches a machine off, and any other key does nothing',
  async (t) => {
    const world = await startWorld(2)
    t.teardown(() => world.close())
    let told = ''
    const narrator = createNarrator({ write: (text) => (told += text), colours: false, clock: world.clock })
    const stage = { api: world.api, machines: world.machines, narrator }
    await world.until('all are Ready', 10_000, () => NAMES.every((name) => isReady(stage, name)))
    for (const key of ['z', '\u001b', ' ', 'ab', '']) press(key, NAMES, stage)
    t.equal(told, '')
    press('b', NAMES, stage)
    press('C', NAMES, stage)
    t.match(told, /kills the kubelet of w0\n[\s\S]*switches w1 off\n/)
    await world.until('both are seen', 10_000, () => !isReady(stage, 'w0') && !isReady(stage, 'w1'))
    t.ok(isReady(stage, 'm0'))
    press('b', NAMES, stage)
    t.match(told, /w0 is broken already\n/)
  },
)

t.test('the last line sums up what came of it', async (t) => {
  const world = await startWorld(1)
  t.teardown(() => world.close())
  const stage = { api: world.api, cloud: world.cloud, clock: world.clock }
  t.match(sumUp(stage, world.clock.now()), /^no repair, and 0 calls to the cloud in 0/)
})
