import t from 'tap'
import { answerFault, type Call } from '../../../src/cloudprovider/contract/answers.ts'

const instance = { id: 'i', name: 'machine', group: 'pool' }
const up = { ref: instance, power: 'running', provenStopped: false }
const whole = { ...up, task: 'rebooting', fault: 'none', bootMark: 'mark' }
const plan = { rung: 'start', verdict: 'ok', reason: '', message: 'x', lockKey: 'a', batchKey: 'b' }
const replacement = { instance, nodeName: 'n' }

const RIGHT: readonly (readonly [Call, unknown])[] = [
  ['locate', { found: instance }],
  ['locate', { gone: true, slot: false }],
  ['locate', { gone: true, slot: true, state: whole }],
  ['locate', { mismatch: 'x' }],
  ['locate', { ambiguous: 'x' }],
  ['inspect', whole],
  ['plan', []],
  ['plan', [plan]],
  ['capture', { summary: 'x', console: 'y' }],
  ...(['step', 'recover', 'abandon'] as const).flatMap((call) => [
    [call, { state: 'running', cursor: { at: [1, null] }, againMs: 0 }] as const,
    [call, { state: 'done' }] as const,
    [call, { state: 'done', replacement, replacements: { 'r/1@b': replacement, 'q/1@b': { instance } } }] as const,
    [call, { state: 'failed', reason: 'x', effect: 'maybe' }] as const,
  ]),
  ['switch', { on: false, reason: 'x' }],
  ['examine', [{ what: 'nova', state: 'failed', message: 'x', again: true }]],
  ['report', undefined],
]

t.test('what the contract allows is an answer', async (t) => {
  for (const [call, answer] of RIGHT) t.equal(answerFault(call, answer), undefined, `${call} ${JSON.stringify(answer)}`)
})

const WRONG: readonly (readonly [Call, unknown, RegExp])[] = [
  ['locate', { gone: true, slot: true, state: 'off' }, /./],
  ['locate', { gone: true, slot: true, state: { ...whole, power: 'asleep' } }, /./],
  ['locate', { gone: true, slot: true, state: { ...whole, ref: undefined } }, /./],
  ['locate', { gone: true }, /./],
  ['locate', { found: { ...instance, id: '' } }, /./],
  ['inspect', { ...whole, bootMark: 7 }, /bootMark/],
  ['plan', [{ ...plan, rung: 'human' }], /0\.rung/],
  ['plan', [{ ...plan, batchKey: 1 }], /0\.batchKey/],
  ['capture', { summary: 'x', console: 1 }, /console/],
  ...(['step', 'recover', 'abandon'] as const).flatMap((call) => [
    [call, { state: 'done', replacement: { nodeName: 'n' } }, /replacement\.instance/] as const,
    [call, { state: 'done', replacements: [replacement] }, /replacements/] as const,
    [call, { state: 'done', replacements: { 'r/1@b': 'machine' } }, /replacements\.r\/1@b/] as const,
    [call, { state: 'done', replacements: { 'r/1@b': { instance: { id: '', name: 'x' } } } }, /instance\.id/] as const,
    [call, { state: 'running', cursor: undefined, againMs: 1 }, /cursor: not JSON/] as const,
    [call, { state: 'running', cursor: 1n, againMs: 1 }, /cursor: not JSON/] as const,
    [call, { state: 'running', cursor: 1, againMs: -1 }, /againMs/] as const,
    [call, { state: 'failed', reason: 'x' }, /effect/] as const,
    [call, { state: 'sleeping' }, /state/] as const,
    [call, null, /./] as const,
  ]),
  ['switch', { on: 'yes', reason: '' }, /on/],
  ['examine', { what: 'nova' }, /./],
  ['examine', [{ what: 'nova', state: 'good', message: 'x' }], /0\.state/],
]

t.test('anything else is none, and says where', async (t) => {
  for (const [call, answer, fault] of WRONG) t.match(answerFault(call, answer), fault, call)
})
