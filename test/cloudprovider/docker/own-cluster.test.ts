import t from 'tap'
import { CLUSTER_LABEL } from '../../../src/cloudprovider/docker/machine.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import { dockerProvider } from '../../support/docker/docker-provider.ts'
import { startTinyEngine } from '../../support/docker/tiny-engine.ts'
import { node } from '../../support/pure/view.ts'

const never = new AbortController().signal
const engine = await startTinyEngine()
t.teardown(() => engine.close())
for (const cluster of ['ours', 'theirs']) {
  for (const name of ['m', 'w1', 'w2']) engine.run(`${cluster}-${name}`, { [CLUSTER_LABEL]: cluster })
}

const nodeOf = (cluster: string, name: string): NodeFacts =>
  node(name, { providerID: `kind://docker/${cluster}/${cluster}-${name}` })
const OURS = ['m', 'w1', 'w2'].map((name) => nodeOf('ours', name))
/** A Node of our cluster that names a container of another one. */
const FOREIGN = nodeOf('theirs', 'w1')

t.test("without docker.cluster it is the cluster of heald's own node", async (t) => {
  const provider = dockerProvider({ socket: engine.socket }, { ownNode: 'ours-m' })
  t.match(await provider.locate(OURS[1]!, never), { found: { name: 'ours-w1', group: 'ours' } })
  t.match(await provider.locate(FOREIGN, never), { mismatch: /another cluster than ours/ })
  t.match(await provider.locate(node('theirs-w2', { providerID: undefined }), never), {
    mismatch: /does not carry .*=ours/,
  })
})

t.test('else it is the cluster of more than half of the containers of all Nodes, once and for all', async (t) => {
  let nodes: readonly NodeFacts[] = [...OURS, FOREIGN]
  const provider = dockerProvider({ socket: engine.socket }, { ownNode: 'elsewhere', nodes: () => nodes })
  t.match(await provider.locate(FOREIGN, never), { mismatch: /another cluster than ours/ })
  nodes = [FOREIGN]
  t.match(await provider.locate(OURS[2]!, never), { found: { name: 'ours-w2' } })
})

t.test('with nothing to derive it from every node is held', async (t) => {
  for (const nodes of [[], [OURS[1]!, FOREIGN], [node('a', { providerID: undefined })]]) {
    const provider = dockerProvider({ socket: engine.socket }, { nodes: () => nodes })
    t.match(await provider.locate(OURS[1]!, never), { ambiguous: /docker\.cluster is not configured/ })
    t.match(await provider.locate(FOREIGN, never), { ambiguous: String })
  }
})

t.test('what is configured is not asked about', async (t) => {
  const provider = dockerProvider({ socket: engine.socket, cluster: 'theirs' }, { ownNode: 'ours-m' })
  t.match(await provider.locate(FOREIGN, never), { found: { group: 'theirs' } })
  t.match(await provider.locate(OURS[1]!, never), { mismatch: /another cluster than theirs/ })
})
