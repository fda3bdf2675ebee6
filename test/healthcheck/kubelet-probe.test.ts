import t from 'tap'
import { createKubeletProbe, probeKubelet } from '../../src/healthcheck/kubelet-probe.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { node } from '../support/pure/view.ts'
import { nodeAt, serve } from './fixtures.ts'

const never = new AbortController().signal

t.test('a handshake passes, a refusal fails, and what we cannot even try is unknown', async (t) => {
  const server = await serve(() => undefined)
  t.match(await probeKubelet('127.0.0.1', server.port, never), { status: 'pass' })
  server.close()
  t.match(await probeKubelet('127.0.0.1', server.port, never), { status: 'fail', reason: 'Refused' })
  t.match(await probeKubelet('255.255.255.255', server.port, never), { status: 'unknown' })
})

t.test('an abort, before or in the middle, blames nobody', async (t) => {
  t.match(await probeKubelet('127.0.0.1', 1, AbortSignal.abort()), { status: 'unknown', reason: 'Aborted' })
  const controller = new AbortController()
  const probing = probeKubelet('192.0.2.1', 9, controller.signal)
  controller.abort()
  t.match(await probing, { status: 'unknown' })
})

t.test('the witness speaks for the probe plane about the kubelet’s own port', async (t) => {
  const server = await serve(() => undefined)
  t.teardown(() => server.close())
  const probe = createKubeletProbe(systemClock)
  t.match(await probe({ ...nodeAt('127.0.0.1'), kubeletPort: server.port }, never), {
    status: 'pass',
    plane: 'probe',
    symptom: 'Unreachable',
  })
  t.match(await probe(node('a'), never), { status: 'unknown', reason: 'NoInternalIP' })
})
