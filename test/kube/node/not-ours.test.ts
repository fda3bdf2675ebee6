import t from 'tap'
import { parseNode } from '../../../src/kube/node/nodes.ts'
import { notOursByLabel } from '../../../src/kube/node/not-ours.ts'

const NODE = {
  metadata: { name: 'v0', uid: '1', resourceVersion: '1', labels: { type: 'virtual-kubelet', 'x.io/y': '' } },
}

t.test('a label says that a node is none of ours by its key, or by key and value', async (t) => {
  const why = (...labels: string[]) => parseNode([], undefined, { notOurs: notOursByLabel(labels) })(NODE)?.item.notOurs
  t.equal(why('type=virtual-kubelet'), 'it carries the label type=virtual-kubelet')
  t.equal(why('nope', 'x.io/y'), 'it carries the label x.io/y=')
  t.equal(why('x.io/y='), 'it carries the label x.io/y=')
  for (const other of ['type=other', 'type=', 'toString', '__proto__', 'x.io']) t.equal(why(other), undefined, other)
  t.notOk('notOurs' in (parseNode([])(NODE)?.item ?? {}))
})
