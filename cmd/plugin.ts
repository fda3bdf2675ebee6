// What `heald/plugin` gives to whoever writes a check or a cloud of one's own: types, and nothing at run time.
export type {
  OwnCursor,
  OwnLook,
  OwnNext,
  OwnPerformed,
  OwnPlan,
  OwnProvider,
  OwnState,
  ProviderModule,
} from '../src/cloudprovider/contract/own-provider.ts'
export type {
  Evidence,
  InstanceRef,
  Located,
  Member,
  Members,
  Power,
  ProviderErrorKind,
} from '../src/core/model/instance.ts'
export type { NodeFacts } from '../src/core/model/node.ts'
export type { Order, Replacement } from '../src/core/model/order.ts'
export type { RungName } from '../src/core/model/rungs.ts'
export type { CheckAnswer, CheckModule } from '../src/healthcheck/plugin/check-module.ts'
