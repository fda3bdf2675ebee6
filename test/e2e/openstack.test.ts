import t from 'tap'
import { masterScenario } from './openstack/master.ts'
import { refusalScenario } from './openstack/refusals.ts'
import { ignoredScenario, resizeScenario } from './openstack/resize.ts'
import { sampleScenario } from './openstack/sample.ts'
import { workerScenario } from './openstack/worker.ts'

t.setTimeout(1_700_000)
// Each has its own Magnum cluster, its own Kubernetes control plane and its own heald; most of their time is waiting.
t.jobs = 3

t.test(
  "magnum-auto-healer's documented file repairs a dead kubelet by one soft reboot",
  { buffered: true },
  sampleScenario,
)
t.test('workers', { buffered: true }, workerScenario)
t.test('resizes that go wrong', { buffered: true }, resizeScenario)
t.test('masters', { buffered: true }, masterScenario)
t.test('behind a proxy, a resize that names a server in vain', { buffered: true }, ignoredScenario)
t.test('a cloud that says no', { buffered: true }, refusalScenario)
