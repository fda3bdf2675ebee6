import t from 'tap'
import type { NodeFacts } from '../../src/core/model/node.ts'
import type { Watched } from '../../src/core/ports/watched.ts'
import { createSwitchBoard } from '../../src/observer/switches.ts'
import { CALENDAR } from '../support/pure/view.ts'

interface ConfigMap {
  readonly annotations: Readonly<Record<string, string>>
}

/** A live copy that holds what is folded into it. */
function held<T>(): Watched<T> {
  const items = new Map<string, T>()
  const listeners: Parameters<Watched<T>['onChange']>[0][] = []
  return {
    items,
    seenAt: 0,
    onChange: (listener) => void listeners.push(listener),
    applyWrite(key, item) {
      const before = items.get(key)
      if (item === undefined) items.delete(key)
      else items.set(key, item)
      for (const listener of listeners) listener(key, item, before)
    },
    run: async () => {},
  }
}

function board(configMap: Watched<ConfigMap>) {
  const off = { dryRun: () => false, stopped: () => false, cloud: () => undefined }
  return createSwitchBoard({ ...off, tell() {}, nodes: held<NodeFacts>(), configMap, calendar: () => CALENDAR })
}

t.test('a change of the ConfigMap is told at once, when the switches already say it', async (t) => {
  const configMap = held<ConfigMap>()
  const switches = board(configMap)
  const told: boolean[] = []
  const stop = switches.onChange(() => told.push(switches.current().paused !== undefined))
  configMap.applyWrite('heald-config', { annotations: { 'heald.dev/paused': 'true' } })
  configMap.applyWrite('heald-config', { annotations: {} })
  t.same(told, [true, false])
  stop()
  configMap.applyWrite('heald-config', { annotations: { 'heald.dev/paused': 'true' } })
  t.equal(told.length, 2)
})

t.test('a ConfigMap that vanished keeps its last word', async (t) => {
  const configMap = held<ConfigMap>()
  const switches = board(configMap)
  configMap.applyWrite('heald-config', { annotations: { 'heald.dev/paused': 'true: INC-7' } })
  configMap.applyWrite('heald-config', undefined)
  t.match(switches.current().paused, { reason: 'INC-7' })
})
