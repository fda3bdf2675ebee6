import { isAbsolute, resolve, sep } from 'node:path'
import type { Program } from './plugin/plugin.ts'
import { plugins } from './registry.ts'

/** By these a program is made to load code from elsewhere, whichever folder it lies in itself. */
const LOADERS = /^(LD_|DYLD_|NODE_|PYTHON|PERL5|RUBY|JAVA_|BASH_ENV$|ENV$|PATH$)/

/**
 * Why a check of a configuration that came over the API may not be: it would run a program, or load a module, that lies
 * outside of the folder which whoever started heald has allowed. Undefined: it may. Whoever may edit a ConfigMap must not
 * thereby run what he likes on the control plane, with heald's rights.
 */
export function programFault(type: string, params: unknown, folder: string | undefined): string | undefined {
  const program = plugins.get(type)?.program(params)
  if (program === undefined) return undefined
  if (folder === undefined) {
    return `${type} checks are not taken from a ConfigMap unless heald is started with --allow-exec FOLDER`
  }
  return placeFault(program.file, folder) ?? loaderFault(program.env)
}

/** The same of a command that is run by another key, be it inside of a machine: by where its program lies there. */
export function commandFault(key: string, { file, env }: Program, folder: string | undefined): string | undefined {
  if (folder === undefined)
    return `${key} is not taken from a ConfigMap unless heald is started with --allow-exec FOLDER`
  return placeFault(file, folder) ?? loaderFault(env)
}

function loaderFault(env: Program['env'] = {}): string | undefined {
  const loader = Object.keys(env).find((name) => LOADERS.test(name))
  if (loader === undefined) return undefined
  return `${loader} would have the program load code from elsewhere; from a ConfigMap it is not taken`
}

function placeFault(file: string, folder: string): string | undefined {
  const inside = resolve(folder) + sep
  if (isAbsolute(file) && resolve(file).startsWith(inside)) return undefined
  return `${file} is not below ${inside}, from which alone a ConfigMap may have programs run (--allow-exec)`
}
