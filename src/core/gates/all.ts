import { alreadyInRepair } from './already-in-repair.ts'
import { approval } from './approval.ts'
import { breaker } from './breaker.ts'
import { correlatedCause } from './correlated-cause.ts'
import type { Gate } from './gate.ts'
import { identity } from './identity.ts'
import { inFlight } from './in-flight.ts'
import { ledgerUsable } from './ledger-usable.ts'
import { localData } from './local-data.ts'
import { optedOut } from './opted-out.ts'
import { otherActor } from './other-actor.ts'
import { ownNode } from './own-node.ts'
import { ownSight } from './own-sight.ts'
import { paused } from './paused.ts'
import { quorum } from './quorum.ts'
import { rate } from './rate.ts'
import { rung } from './rung.ts'
import { startupGrace } from './startup-grace.ts'
import { unhealthyFor } from './unhealthy-for.ts'
import { witness } from './witness.ts'
import { zoneHold } from './zone-hold.ts'

/** In the order in which a person would ask. */
export const GATES: readonly Gate[] = [
  paused,
  optedOut,
  ledgerUsable,
  ownSight,
  alreadyInRepair,
  startupGrace,
  unhealthyFor,
  witness,
  identity,
  otherActor,
  correlatedCause,
  zoneHold,
  breaker,
  inFlight,
  quorum,
  rate,
  localData,
  approval,
  rung,
  ownNode,
]
