import { listOf, recordOf } from '../../lib/pure/json.ts'
import { ApiError, notFound } from './store/errors.ts'
import { type Fields, keyOf, type Stored } from './store/objects.ts'
import { BUDGETS, PODS } from './store/resources.ts'
import type { Route } from './store/routes.ts'
import { labelSelectorOf } from './store/selectors.ts'
import { type Answer, remove, type World } from './write.ts'

/** Deletes the pod unless that would break a PodDisruptionBudget: then 429, as Kubernetes answers. */
export function evict(world: World, route: Route & { readonly name: string }, body: Fields, dryRun: boolean): Answer {
  const pod = world.store.get(PODS.shelf, keyOf(route.namespace, route.name))
  if (pod === undefined) throw notFound(PODS, route.name)
  const running = pod.metadata.deletionTimestamp === undefined && isHealthy(pod)
  if (running) refuseUnlessBudgetsAllow(world, pod)
  remove(world, route, recordOf(body.deleteOptions), dryRun)
  return { code: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } }
}

function refuseUnlessBudgetsAllow(world: World, pod: Stored): void {
  for (const budget of budgetsOf(world, pod)) {
    const { needed, healthy } = tally(world, budget)
    if (healthy > needed) continue
    const name = budget.metadata.name
    throw new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${name} needs ${needed} healthy pods and has ${healthy} currently`,
        },
      ],
    })
  }
}

function budgetsOf(world: World, pod: Stored): readonly Stored[] {
  return world.store
    .list(BUDGETS.shelf)
    .filter((budget) => budget.metadata.namespace === pod.metadata.namespace)
    .filter((budget) => labelSelectorOf(recordOf(budget.spec).selector)(pod))
}

/** What the disruption controller would keep in the budget's status, counted when asked. */
function tally(world: World, budget: Stored): { readonly needed: number; readonly healthy: number } {
  const { selector, minAvailable, maxUnavailable } = recordOf(budget.spec)
  const pods = world.store
    .list(PODS.shelf)
    .filter((pod) => pod.metadata.namespace === budget.metadata.namespace)
    .filter(labelSelectorOf(selector))
  const needed =
    minAvailable === undefined
      ? pods.length - share(maxUnavailable ?? 0, pods.length)
      : share(minAvailable, pods.length)
  return {
    needed,
    healthy: pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && isHealthy(pod)).length,
  }
}

/** `2` or `"30%"`, the latter rounded up. */
function share(value: unknown, total: number): number {
  if (typeof value !== 'string' || !value.endsWith('%')) return Number(value)
  return Math.ceil((Number.parseFloat(value) / 100) * total)
}

function isHealthy(pod: Stored): boolean {
  const conditions = listOf(recordOf(pod.status).conditions).map(recordOf)
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True')
}
