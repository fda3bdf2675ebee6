import type { NodeFacts } from '../../core/model/node.ts'

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i

/** Why a Node can be no machine of the cloud whose providerIDs begin with `own`://. One without a scheme may be anything. */
export function otherScheme(own: string, { providerID }: Pick<NodeFacts, 'providerID'>): string | undefined {
  const scheme = SCHEME.exec(providerID ?? '')?.[1]?.toLowerCase()
  return scheme === undefined || scheme === own ? undefined : `its providerID ${providerID} is none of ${own}'s`
}
