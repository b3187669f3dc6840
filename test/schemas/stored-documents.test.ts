/** What stands under each key of a store: a contract, or a reason why there is none. */
import { expect, test } from 'vitest'
import { AUTOTUNE_FILES, keys, PROMOTION_FILES, RUN_FILES } from '#schemas/s3-keys.ts'
import { contractAt } from '#schemas/stored-documents.ts'

const DIGEST = `sha256:${'0a'.repeat(32)}`
const DAY = '2026-05-12'

/** Every key of a document, by the function that makes it. */
const DOCUMENTS: Readonly<Record<string, readonly string[]>> = {
  pack: [keys.pack('a@1.0.0')],
  suite: [keys.suite('a@1.0.0')],
  priceTable: [keys.priceTable('a@1.0.0')],
  layout: [keys.layout()],
  indexSegment: [keys.indexSegment('a.b', DIGEST)],
  indexDays: [keys.indexDays('a.b', DIGEST)],
  journalListedSegments: [keys.journalListedSegments(DIGEST)],
  redactionKey: [keys.redactionKey()],
  traceRule: [keys.traceRule()],
  traceImport: [keys.traceImport(DIGEST)],
  nearCopiesFound: [keys.nearCopiesFound('a.b', '0a0b')],
  goldens: [keys.goldens('a.b')],
  goldensAt: [keys.goldensAt('a.b', DIGEST)],
  sealed: [keys.sealed('a.b', DIGEST)],
  modelAnswer: [keys.modelAnswer(DIGEST)],
  head: [keys.head(1)],
  headVolume: [keys.headVolume(1)],
  autotuneRun: AUTOTUNE_FILES.map((file) => keys.autotuneRun('r', file)),
  refusal: [keys.refusal('r')],
  runLine: [keys.runLine('2026-05-12T00:00:00.000Z', 'r')],
  runUsage: [keys.runUsage('r')],
  attestation: [keys.attestation('r', 'gate', 1)],
  scar: [keys.scar('a.b', 'x')],
  dailyCadence: [keys.dailyCadence(DAY)],
  weeklyCadence: [keys.weeklyCadence(DAY)],
  quarterlyCadence: [keys.quarterlyCadence(DAY)],
  openedFamily: [keys.openedFamily('a.b', 'f', DAY, 'x')],
  cadenceBands: [keys.cadenceBands(DIGEST)],
  resplit: [keys.resplit('a.b', DAY)],
  cadenceRows: [keys.cadenceRows(DAY, 'a.b', DIGEST)],
  inboxEntry: [keys.inboxEntry('a.b', '2026-Q2', 1)],
  inboxAnswer: [keys.inboxAnswer('a.b', '2026-Q2', 1)],
  partProposal: [keys.partProposal('pp_x', DIGEST)],
  reviewEvidence: [keys.reviewEvidence('rv_r_1', DIGEST)],
  reviewAttempt: [keys.reviewAttempt('rv_r_1', '2026-05-12T00:00:00.000Z', '01')],
  tuple: [keys.tuple('a.b', 't')],
  promotion: PROMOTION_FILES.map((file) => keys.promotion('ro_r', 0, file)),
  production: [keys.production('ro_r', 1, DIGEST)],
}

/** Why a key has none. */
const WITHOUT: Readonly<Record<string, string>> = {
  document: 'any text that a person published: its digest stands in the journal of heads',
  runSegment: 'frames of bytes, named by their digest',
  runCompiled: 'held by the digest that the index of its run names',
  importedSegment: 'read when its content is what its name says',
  correctionSegment: 'read when its content is what its name says',
  familyLinkSegment: 'read when its content is what its name says',
  journalSegment: 'read when its content is what its name says',
  journalCorrectionSegment: 'read when its content is what its name says',
  contentSegment: 'read when its content is what its name says',
  sketchSegment: 'read when its content is what its name says',
  journalLinkSegment: 'read when its content is what its name says',
  waiting: 'parts of traces, which the next import puts together or drops',
  delivered: 'copies of routing for whoever serves it: nothing here reads them',
  productionRefused: 'for people: nothing reads it',
}

test.each(Object.entries(DOCUMENTS))('%s has a contract', (_, made) => {
  for (const key of made) expect([key, contractAt(key)]).toEqual([key, expect.objectContaining({})])
})

test('every key is of a document with a contract, of one without and a reason, or a prefix', () => {
  const known = new Set([...Object.keys(DOCUMENTS), ...Object.keys(WITHOUT)])
  const made = Object.entries(keys).map(
    ([name, of]) => [name, String((of as (...all: string[]) => string)('a', 'a', 'a', 'a'))] as const,
  )
  expect(
    made.filter(
      ([name, key]) => !known.has(name) && !key.endsWith('/') && !['packVersions', 'headsLike'].includes(name),
    ),
  ).toEqual([])
})

test('files of a recorded run have none: each is held by the digests in its decision record', () => {
  for (const file of RUN_FILES) expect(contractAt(`${keys.run(DAY, 'x')}${file}`)).toBeNull()
})

test('two contracts never claim one key', () => {
  expect(contractAt(keys.inboxAnswer('a', '2026-Q2', 1))).not.toEqual(contractAt(keys.inboxEntry('a', '2026-Q2', 1)))
})
