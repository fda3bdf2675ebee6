// What `heald/contract` exports to those who write a cloud outside of this repository: how to make one, and its suite.
export { defineProvider } from '../../src/cloudprovider/contract/define.ts'
export { chosen, failed, running, single, stepsOf } from '../../src/cloudprovider/contract/sequence.ts'
export { ProviderError } from '../../src/core/ports/cloud-provider.ts'
export { testCloudProvider } from './cloud-provider.ts'
