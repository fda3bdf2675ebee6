import { z } from 'zod'
import { duration } from '../../lib/schema/duration.ts'
import { count, percent } from './fields.ts'

const ownSight = z
  .strictObject({
    blindAfter: duration({ min: '1s' })
      .prefault('30s')
      .describe('Watches, leases or cloud unseen for longer than this stop every repair, and all clocks start anew.'),
    clockSkew: duration({ min: '1s' })
      .prefault('30s')
      .describe("A local clock further than this from the API server's stops every repair."),
    massPercent: percent
      .prefault(60)
      .describe('Percent of all node leases that, stale within one window, are blamed on our own sight.'),
    massMinLeases: count.prefault(5).describe('Number of node leases from which on `massPercent` counts.'),
    massWindow: duration({ min: '1s' }).prefault('40s').describe('The window of `massPercent`.'),
    massGivesWayAfter: duration()
      .prefault('10m')
      .describe('After this long, with our own lease renewals fine, mass silence is left to the breaker.'),
  })
  .prefault({})
  .describe('When heald doubts itself rather than the nodes.')

const inFlight = z
  .strictObject({
    poolPercent: percent.prefault(10).describe('Percent of a pool, rounded down, that may be in repair at once.'),
    poolMin: count.prefault(1).describe('Number of nodes of a pool that may be in repair at once in any case.'),
    masters: count
      .prefault(1)
      .describe('Number of nodes with a label of `quorumLabels` of the whole cluster in repair at once.'),
  })
  .prefault({})
  .describe('How many nodes may be in repair at once.')

const rate = z
  .strictObject({
    perNode: count
      .prefault(3)
      .describe('Number of repairs of one node within `perNodeWindow`; then a person is asked.'),
    perNodeWindow: duration({ min: '1m' }).prefault('7d').describe('The window of `perNode`.'),
    perHour: count.prefault(6).describe('Number of repairs in the whole cluster within an hour.'),
    perDay: count.prefault(20).describe('Number of repairs in the whole cluster within a day.'),
  })
  .prefault({})
  .describe('How often heald may repair.')

/** One key per gate that has numbers: see the table of gates in docs/architecture.md §4. */
export const gatesSchema = z
  .strictObject({
    ownSight,
    heartbeatMaxAge: duration({ min: '1s' })
      .prefault('40s')
      .describe(
        'A node lease older than this is stale. Kubelets renew theirs every 10s, or in a quarter of their nodeLeaseDurationSeconds: never less than three of that.',
      ),
    correlatedCause: z
      .strictObject({
        window: duration()
          .prefault('60s')
          .describe('Suspects that appear within this window may have one cause; 0s: faults are independent.'),
        minSuspects: z
          .int()
          .min(2)
          .prefault(2)
          .describe('Number of such suspects from which on one is repaired first, and the others wait for its proof.'),
      })
      .prefault({})
      .describe('One canary when several nodes fail together.'),
    zoneHold: z
      .strictObject({
        minBad: count.prefault(3).describe('Number of bad nodes in a zone from which on the zone may be blamed.'),
        percent: percent.prefault(55).describe('Percent of the nodes of a zone, bad, that stop repairs in it.'),
      })
      .prefault({})
      .describe('Whole zones are not repaired node by node.'),
    breaker: z
      .strictObject({
        poolPercent: percent.prefault(20).describe('More than this percentage of a pool bad stops repairs in it.'),
        clusterPercent: percent
          .prefault(34)
          .describe('More than this percentage of the cluster bad stops all repairs.'),
        smallPool: z
          .int()
          .min(0)
          .prefault(4)
          .describe(
            'In pools of at most this many nodes one bad node passes, while no other pool has one of the same minutes.',
          ),
      })
      .prefault({})
      .describe('Too much is bad: a person should look.'),
    inFlight,
    rate,
    nodeGoneAfter: duration({ min: '10s' })
      .prefault('10m')
      .describe('A waiting repair whose Node object is gone for this long is cancelled.'),
    maxNotSent: z
      .int()
      .min(0)
      .max(10)
      .prefault(2)
      .describe('Number of times that an action proven not sent is repeated on the same rung.'),
    localData: z
      .strictObject({
        approval: z
          .boolean()
          .prefault(true)
          .describe('Whether replacing a node that holds local persistent volumes needs an approval.'),
      })
      .prefault({})
      .describe('Data that lives on the node only.'),
  })
  .prefault({})
  .describe('The numbers of the gates that stand before every action.')
