import type { Test } from 'tap'
import { type Client, MAPS, unique } from './kube-api-client.ts'

export function listContract(t: Test, api: Client): void {
  t.test('pages together are the list at one version', async (t) => {
    const app = unique('pages')
    for (const n of [3, 1, 2, 5, 4])
      await api.must('POST', MAPS, { metadata: { name: `${app}-${n}`, labels: { app } } })
    const first = await api.must('GET', `${MAPS}?labelSelector=app%3D${app}&limit=2`)
    t.equal(first.kind, 'ConfigMapList')
    await api.must('POST', MAPS, { metadata: { name: `${app}-6`, labels: { app } } })
    const names: string[] = []
    let page = first
    for (;;) {
      names.push(...page.items.map((item: { metadata: { name: string } }) => item.metadata.name))
      if (!page.metadata.continue) break
      const next = encodeURIComponent(page.metadata.continue)
      page = await api.must('GET', `${MAPS}?labelSelector=app%3D${app}&limit=2&continue=${next}`)
      t.equal(page.metadata.resourceVersion, first.metadata.resourceVersion)
    }
    t.strictSame(
      names,
      [1, 2, 3, 4, 5].map((n) => `${app}-${n}`),
    )
  })

  t.test('selectors choose by label and by field', async (t) => {
    const app = unique('select')
    for (const tier of ['a', 'b', 'c'])
      await api.must('POST', MAPS, { metadata: { name: `${app}-${tier}`, labels: { app, tier } } })
    const count = async (query: string): Promise<number> => (await api.must('GET', `${MAPS}?${query}`)).items.length
    t.equal(await count(`labelSelector=${encodeURIComponent(`app=${app},tier!=a`)}`), 2)
    t.equal(await count(`labelSelector=${encodeURIComponent(`app=${app},tier in (a,b)`)}`), 2)
    t.equal(await count(`labelSelector=${encodeURIComponent(`app=${app},!tier`)}`), 0)
    t.equal(await count(`fieldSelector=metadata.name%3D${app}-a`), 1)
    t.equal(await count(`fieldSelector=metadata.name%3D${app}-a&resourceVersion=0`), 1)
    t.match(await api.send('GET', `${MAPS}?fieldSelector=data.a%3D1`), { status: 400, body: { reason: 'BadRequest' } })
  })

  t.test('a continue token that makes no sense is refused', async (t) => {
    t.match(await api.send('GET', `${MAPS}?limit=1&continue=garbage`), { status: 400, body: { reason: 'BadRequest' } })
  })
}
