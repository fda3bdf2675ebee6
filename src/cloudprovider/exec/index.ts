import { constants } from 'node:fs'
import { defineProvider } from '../contract/define.ts'
import { createOwnCloud } from '../contract/own-cloud.ts'
import { examineFile } from '../contract/own-file.ts'
import { createProgramAsk } from './ask-program.ts'
import { ExecOptions } from './schema.ts'

/** A cloud that a program of one's own speaks to. */
export const exec = defineProvider({
  schema: ExecOptions,
  program: ({ command: [file = ''], env }) => ({ file, env }),
  create: (options, { clock }) => ({
    ...createOwnCloud('exec', options, createProgramAsk(options), clock),
    examine: () => examineFile(options.command[0] ?? '', constants.X_OK),
  }),
})
