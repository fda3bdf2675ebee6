import { ConfigError } from '../../src/config/load/config-error.ts'
import { loadConfig } from '../../src/config/load/load.ts'
import { readConfigFile } from '../../src/config/load/source.ts'
import type { Config } from '../../src/config/schema/schema.ts'
import { optionSchemas } from '../../src/daemon/config-boot.ts'
import { asError } from '../../src/lib/errors.ts'
import { EXIT, ExitError } from './exit.ts'

/** What `load` makes of the text of a file that a person has named. Whatever is wrong with it is wrong use. */
export async function loadFile<T>(file: string, load: (text: string) => T): Promise<T> {
  let text: string
  try {
    text = await readConfigFile(file)
  } catch (thrown) {
    throw new ExitError(EXIT.usage, `${file}: can not be read: ${asError(thrown).message}; name a readable file`)
  }
  try {
    return load(text)
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw new ExitError(EXIT.usage, thrown.message)
    throw thrown
  }
}

export function loadConfigFile(file: string): Promise<Config> {
  return loadFile(file, (text) => readConfig(text, file))
}

export function readConfig(text: string, file: string): Config {
  return loadConfig(text, { file, ...optionSchemas() }).config
}
