import { lead } from '../controller/nodes/loop.ts'
import { NODE_REPAIR } from '../kube/crd/node-repair.ts'
import { createLedger } from '../kube/store/repairs.ts'
import type { Section } from './section.ts'

/** Healing nodes, as every trade is: its kind, its rights, and what the leader does. What it sees with, the replica has for all. */
export const NODE_HEALING: Section = {
  name: 'nodes',
  kinds: [NODE_REPAIR],
  rights: [
    {
      why: 'Its record of what it does.',
      verbs: 'get list watch create patch delete',
      group: 'heald.dev',
      resource: 'noderepairs',
    },
    { verbs: 'update', group: 'heald.dev', resource: 'noderepairs/status' },
    {
      why: 'Patched: cordon, marks, the end of a pause. Deleted: the old Node, once its replacement is Ready under another name.',
      verbs: 'get list watch patch delete',
      group: '',
      resource: 'nodes',
    },
    {
      why: 'To drain. Pods are never deleted, only asked to leave, so that PodDisruptionBudgets are respected.',
      verbs: 'list',
      group: '',
      resource: 'pods',
    },
    { verbs: 'create', group: '', resource: 'pods/eviction' },
    {
      why: 'Which nodes hold data that a replacement would lose.',
      verbs: 'list',
      group: '',
      resource: 'persistentvolumes',
    },
    {
      why: 'The heartbeats of the nodes.',
      verbs: 'get list',
      group: 'coordination.k8s.io',
      resource: 'leases',
      namespace: 'kube-node-lease',
    },
  ],
  create: ({ clock, tell, http, provider, policy, eyes, ownNode, onDecision }) => {
    const ledger = createLedger({ http })
    return {
      watched: [eyes.repairs],
      duties: [
        (term, stopping) =>
          lead(
            {
              ...{ clock, tell, provider, policy, ledger, ownNode, stopping },
              nodes: eyes.nodes,
              nodeApi: eyes.nodeApi,
              repairs: eyes.repairs,
              doubt: eyes.doubt,
              isForeign: eyes.isForeign,
              assembleView: eyes.assembleView,
              lookNow: eyes.lookNow,
              refetch: eyes.refetch,
              ledgerHealth: eyes.setLedgerHealth,
              publish: (view, decision) => onDecision?.(view, decision, clock.now() - view.now),
              onChange: eyes.onChange,
            },
            term,
          ),
      ],
    }
  },
}
