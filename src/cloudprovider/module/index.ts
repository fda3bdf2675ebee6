import { constants } from 'node:fs'
import { defineProvider } from '../contract/define.ts'
import { createOwnCloud } from '../contract/own-cloud.ts'
import { examineFile } from '../contract/own-file.ts'
import { createModuleAsk } from './ask-module.ts'
import { ModuleOptions } from './schema.ts'

/** A cloud that an ES module of one's own speaks to. */
export const module = defineProvider({
  schema: ModuleOptions,
  program: ({ file }) => ({ file }),
  create: (options, { clock }) => ({
    ...createOwnCloud('module', options, createModuleAsk(options), clock),
    examine: () => examineFile(options.file, constants.R_OK),
  }),
})
