import t from 'tap'
import type { Finding } from '../../src/core/model/finding.ts'
import type { Condition } from '../../src/core/model/node.ts'
import { nodeCondition } from '../../src/healthcheck/node-condition.ts'
import { rfc3339 } from '../../src/lib/pure/rfc3339.ts'
import { node } from '../support/pure/view.ts'
import { testDeps } from './fixtures.ts'

const CALENDAR = Date.parse('2026-05-01T10:00:00Z')
const MINUTE = 60_000

function judge(params: object, conditions: readonly Condition[]): Finding {
  const check = nodeCondition.create('NodeCondition', params, testDeps())
  if (check.kind !== 'judge') throw new Error('NodeCondition judges')
  const refreshed = conditions.map((one) => ({ lastHeartbeatTime: rfc3339(CALENDAR), ...one }))
  return check.judge(node('a', { conditions: refreshed }), undefined, 7, CALENDAR)
}

t.test('Ready=False is the kubelet’s own word, in its own reason', async (t) => {
  const finding = judge({}, [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'no\nCNI' }])
  const want = { status: 'fail', plane: 'kubelet', symptom: 'NotReady', reason: 'KubeletNotReady', seenAt: 7 } as const
  t.same(finding, { ...want, message: 'Ready=False: no CNI' })
})

t.test('Ready=Unknown is silence: kube-controller-manager concluded it from the lease', async (t) => {
  const finding = judge({}, [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }])
  t.match(finding, { status: 'fail', plane: 'lease', symptom: 'Silent', reason: 'NodeStatusUnknown' })
  const pressure = judge({ types: ['DiskPressure'] }, [{ type: 'DiskPressure', status: 'Unknown' }])
  t.match(pressure, { status: 'fail', plane: 'lease', symptom: 'Silent' })
})

t.test('another condition has a symptom of its own', async (t) => {
  const params = { types: ['KernelDeadlock'], errorValues: ['True'] }
  t.match(judge(params, [{ type: 'KernelDeadlock', status: 'True', reason: 'not a reason!' }]), {
    status: 'fail',
    plane: 'kubelet',
    symptom: 'Condition:KernelDeadlock',
    reason: 'KernelDeadlockTrue',
  })
  t.match(judge(params, [{ type: 'KernelDeadlock', status: 'False' }]), { status: 'pass' })
})

t.test('a missing condition is unknown, never healthy, never failing', async (t) => {
  t.match(judge({}, []), { status: 'unknown', reason: 'NoSuchCondition' })
  t.match(judge({}, [{ type: 'ready', status: 'True' }]), { status: 'unknown' }, 'types are case-sensitive')
  const both = { types: ['Ready', 'KernelDeadlock'] }
  t.match(judge(both, [{ type: 'Ready', status: 'True' }]), { status: 'unknown' })
  t.match(judge(both, [{ type: 'Ready', status: 'False' }]), { status: 'fail' })
})

t.test(
  'without values a name that ends in Ready is healthy when True, and a known type as its writer means it',
  async (t) => {
    const params = { types: ['Ready', 'MemoryPressure'] }
    const well: Condition[] = [
      { type: 'Ready', status: 'True' },
      { type: 'MemoryPressure', status: 'False' },
    ]
    t.match(judge(params, well), { status: 'pass' })
    t.match(judge(params, [well[0]!, { type: 'MemoryPressure', status: 'True' }]), {
      status: 'fail',
      symptom: 'Condition:MemoryPressure',
    })
    const hardware = { types: ['AcceleratedHardwareReady'] }
    t.match(judge(hardware, [{ type: 'AcceleratedHardwareReady', status: 'True' }]), { status: 'pass' })
    t.match(judge(hardware, [{ type: 'AcceleratedHardwareReady', status: 'False' }]), { status: 'fail' })
    const deadlock = { types: ['KernelDeadlock'] }
    t.match(judge(deadlock, [{ type: 'KernelDeadlock', status: 'False' }]), { status: 'pass' })
    t.match(judge(deadlock, [{ type: 'KernelDeadlock', status: 'True' }]), { status: 'fail' })
  },
)

t.test('without values a type whose name does not tell is refused, and the refusal says what to write', async (t) => {
  for (const type of ['DiskGood', 'NotReady', 'ready', 'MemoryPressureGone']) {
    t.throws(() => judge({ types: ['Ready', type] }, []), { message: /okValues: \["True"\] or \["False"\]/ }, type)
  }
  t.match(judge({ types: ['NotReady'], okValues: ['False'] }, [{ type: 'NotReady', status: 'True' }]), {
    status: 'fail',
  })
})

t.test('a third party that could not look says nothing, unless the values name Unknown', async (t) => {
  const unknown: Condition[] = [{ type: 'KernelDeadlock', status: 'Unknown' }]
  t.match(judge({ types: ['KernelDeadlock'] }, unknown), { status: 'unknown' })
  t.match(judge({ types: ['KernelDeadlock'], okValues: ['False'] }, unknown), { status: 'fail' })
  t.match(judge({ types: ['PIDPressure'] }, [{ type: 'PIDPressure', status: 'Unknown' }]), { symptom: 'Silent' })
})

t.test('okValues and errorValues mean what they say, and Unknown that is no error is no health either', async (t) => {
  const ready = (status: Condition['status']): Condition[] => [{ type: 'Ready', status }]
  t.match(judge({ okValues: ['True', 'Unknown'] }, ready('Unknown')), { status: 'pass' })
  t.match(judge({ okValues: ['True', 'Unknown'] }, ready('False')), { status: 'fail' })
  t.match(judge({ errorValues: ['False'] }, ready('False')), { status: 'fail' })
  t.match(judge({ errorValues: ['False'] }, ready('Unknown')), { status: 'unknown' })
  t.match(judge({ errorValues: ['False', 'Unknown'] }, ready('Unknown')), { status: 'fail', symptom: 'Silent' })
  t.throws(() => judge({ okValues: ['True'], errorValues: ['False'] }, []), { message: /errorValues/ })
})

t.test(
  'what nobody refreshes any more is unknown: a writer that died leaves its last word behind for ever',
  async (t) => {
    const ask = (lastHeartbeatTime: string | undefined, params: object = {}, type = 'KernelDeadlock'): Finding =>
      judge({ types: [type], ...params }, [{ type, status: 'True', lastHeartbeatTime } as Condition])
    const at = (agoMs: number): string => rfc3339(CALENDAR - agoMs)

    t.match(ask(at(10 * MINUTE)), { status: 'fail', changesAt: 8 }, 'it is told when it will be too old')
    t.match(ask(at(10 * MINUTE + 1)), {
      status: 'unknown',
      reason: 'ConditionStale',
      message: /^KernelDeadlock=True was last refreshed 10m.* ago; allowed are 10m$/,
    })
    t.match(ask(at(11 * MINUTE), { conditionMaxAge: '11m' }), { status: 'fail' })
    t.match(ask(at(-10 * MINUTE)), { status: 'fail' })
    t.match(ask(at(-10 * MINUTE - 1)), { status: 'unknown', message: /by a clock that is wrong/ })
    for (const nothing of [undefined, 'yesterday'])
      t.match(ask(nothing), { status: 'unknown', message: /does not say when it was last refreshed/ })

    t.match(ask(undefined, { conditionMaxAge: '0' }), { status: 'fail' }, 'as it stands')
    t.match(
      ask(at(90 * 24 * 60 * MINUTE), {}, 'DiskPressure'),
      { status: 'fail' },
      "the kubelet's own is judged by its Lease",
    )
    const healthy = judge({ types: ['KernelDeadlock'] }, [
      { type: 'KernelDeadlock', status: 'False', lastHeartbeatTime: at(0) },
    ])
    t.match(healthy, { status: 'pass', changesAt: 7 + 10 * MINUTE + 1 })
  },
)
