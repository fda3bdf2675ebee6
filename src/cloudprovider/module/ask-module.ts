import { pathToFileURL } from 'node:url'
import { ProviderError } from '../../core/ports/cloud-provider.ts'
import { unlessAborted } from '../../lib/abort.ts'
import { startModuleThread, type ThreadEnd } from '../../lib/module-thread.ts'
import { errorOf } from '../contract/own-answers.ts'
import { type Ask, effectOf, type OwnRequest } from '../contract/own-provider.ts'
import type { ModuleOptions } from './schema.ts'

const FUNCTIONS = ['locate', 'inspect', 'look', 'perform']

/**
 * Asks in a thread of its own that lives for one call. When the time is over, the lease lost or the fence ended, the thread
 * is gone, and with it whatever it would still have sent.
 */
export function createModuleAsk({ file, options, also }: Pick<ModuleOptions, 'file' | 'options' | 'also'>): Ask {
  const url = pathToFileURL(file)
  const functions = [...FUNCTIONS, ...also]
  return async (request, withinMs, signal) => {
    signal.throwIfAborted()
    const thread = startModuleThread({ url, make: 'createProvider', argument: options, functions })
    try {
      const end = await unlessAborted(thread.call(request.call, argumentsOf(request), withinMs), signal)
      return readEnd(`module: ${request.call}`, request, end)
    } finally {
      await thread.end()
    }
  }
}

function argumentsOf(request: OwnRequest): readonly unknown[] {
  switch (request.call) {
    case 'locate':
      return [request.node]
    case 'inspect':
    case 'capture':
      return [request.instance]
    case 'look':
      return [request.order, request.cursor]
    case 'perform':
      return [request.act, request.order]
    case 'members':
      return []
  }
}

function readEnd(what: string, request: OwnRequest, end: ThreadEnd): unknown {
  const effect = effectOf(request)
  switch (end.how) {
    case 'answered':
      return end.answer ?? {}
    case 'threw':
      throw errorOf(what, end.thrown.effect === 'none' ? 'none' : effect, end.thrown, 'it threw')
    case 'hung':
      throw new ProviderError('unavailable', effect, `${what}: no answer in time; ended`)
    case 'died':
    case 'garbled':
      throw errorOf(what, effect, undefined, end.message)
  }
}
