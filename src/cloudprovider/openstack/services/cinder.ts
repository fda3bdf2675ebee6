import { type Volume, VolumeAnswer } from '../schema/answers.ts'
import type { Service } from './service.ts'

export interface Cinder {
  /** False: no endpoint in the catalog. Then what Nova and Heat say must do. */
  available(signal: AbortSignal): Promise<boolean>
  volume(id: string, signal: AbortSignal): Promise<Volume | undefined>
}

export function createCinder(service: Service): Cinder {
  return {
    available: async (signal) => (await service.endpoint(signal)) !== undefined,
    async volume(id, signal) {
      const call = { path: `/volumes/${encodeURIComponent(id)}`, headers: { 'openstack-api-version': 'volume 3.0' } }
      return (await service.read(call, VolumeAnswer, signal))?.volume
    },
  }
}
