/** A sealed line is held by its text where it lies as it was written, and says what parsing all of it would say. */
import { expect, test } from 'vitest'
import { headLine, type SealedLine, sealedLine } from '#core/baseline/reproduce.ts'
import { canonical } from '#core/canonical.ts'
import { caseHolds } from '#core/gate/seal.ts'
import { heldHead } from '../../../functions/steps/heldout/open-sealed.ts'
import { jsonOf } from '../../../functions/streams/read-object.ts'
import { aCase, aFamily, measuresLike } from '../../support/builders.ts'

const lineOf = (family: string, floors?: string): string => {
  const line = canonical(aCase(aFamily(family, { side: 'heldout', required: 1, gold: 1 })))
  return sealedLine(line, { measures: measuresLike(), ...(floors !== undefined && { floors }) })
}
const [good, evil] = [lineOf('good', 'en/pp'), lineOf('evil', 'en/pp')]
const caseIn = (line: string): string => line.slice(line.indexOf(',"case":') + 8, line.lastIndexOf(',"floors":'))
/** Another case under the names and the digest of the good one. */
const posing = caseIn(good).replace('"required":[', '"required":[true,')

/** By parsing all of it. */
const parsed = (text: string): string | null => {
  const line = jsonOf(text)
  return caseHolds(line) ? headLine(line as SealedLine) : null
}
const held = (text: string): string | null => {
  const head = heldHead(text)
  return head && headLine(head)
}

test('as it was written it holds, with floors and without', () => {
  for (const line of [good, evil, lineOf('bare')]) {
    expect(held(line)).toBe(parsed(line))
    expect(held(line)).not.toBeNull()
  }
})

test.each([
  ['a second case behind it', good.replace(/\}$/, `,"case":${posing}}`)],
  ['a second case without its floors', lineOf('good').replace(/\}$/, `,"case":${posing}}`)],
  ['a case before it', good.replace(/^\{/, `{"case":${posing},`)],
  ['another case between it and its floors', good.replace(',"floors"', `,"case":${posing},"floors"`)],
  ['floors twice', good.replace(/\}$/, ',"floors":"nn/ff"}')],
  ['another baseline', good.replace('"utility_passed":true', '"utility_passed":false')],
  ['no baseline', good.replace(/"baseline":\{[^}]*\}/, '"baseline":1')],
  ['the case of another', good.replace(caseIn(good), caseIn(evil))],
  ['the digest of another', good.replace(/sha256:[0-9a-f]{64}/, 'sha256:'.padEnd(71, '0'))],
  ['a blank', good.replace('"case":', '"case": ')],
  ['an end that closes nothing', good.replace(/\}$/, ']')],
  ['one end too many', `${good}}`],
  ['no line', 'null'],
])('%s: what parsing says', (_, line) => expect(held(line)).toBe(parsed(line)))

test('a changed character anywhere: what parsing says', () => {
  for (let at = 0; at < good.length; at += 3) {
    const changed = `${good.slice(0, at)}${good[at] === '"' ? '_' : '"'}${good.slice(at + 1)}`
    expect(held(changed), `at ${at}`).toBe(parsed(changed))
  }
})
