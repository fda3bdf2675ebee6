import type { Watched } from '../../core/ports/watched.ts'

/** heald's copy of some objects of the API server: an object of the same version changes nothing. */
export function createCopy<T extends { readonly resourceVersion: string }>(): Pick<
  Watched<T>,
  'items' | 'applyWrite' | 'onChange'
> {
  const items = new Map<string, T>()
  const listeners: Parameters<Watched<T>['onChange']>[0][] = []
  return {
    items,
    onChange: (listener) => {
      listeners.push(listener)
    },
    applyWrite(name, after) {
      const before = items.get(name)
      if (before?.resourceVersion === after?.resourceVersion) return
      if (after === undefined) items.delete(name)
      else items.set(name, after)
      for (const listener of listeners) listener(name, after, before)
    },
  }
}
