/** Ids, families and digests of many cases as bytes: some 90 a case, where three texts and an object take 300. */
import { type Form, RecordList } from '../bytes/record-list.ts'
import { Records } from '../bytes/records.ts'
import type { CaseHead } from './panel.ts'

const DIGEST = 'sha256:'
const DIGEST_BYTES = 32
/** Names hold no control characters. */
const SEPARATOR = '\u0000'

const HEAD: Form<CaseHead> = {
  write({ case_id, family_id, digest, floors }) {
    const seal = Buffer.from(digest.slice(DIGEST.length), 'hex')
    if (seal.length !== DIGEST_BYTES) throw new RangeError(`${case_id}: "${digest}" is no digest`)
    return Buffer.concat([
      seal,
      Buffer.from([case_id, family_id, ...(floors === undefined ? [] : [floors])].join(SEPARATOR)),
    ])
  },
  read(record) {
    const [case_id, family_id, floors] = words(record)
    const head = { case_id, family_id, digest: digestIn(record) }
    return floors === undefined ? head : { ...head, floors }
  },
  field(name) {
    if (name === 'digest') return digestIn as (record: Buffer) => CaseHead[typeof name]
    const place = WORDS.indexOf(name)
    return (record) => words(record)[place] as CaseHead[typeof name]
  },
}

const WORDS: readonly string[] = ['case_id', 'family_id', 'floors'] satisfies (keyof CaseHead)[]

const words = (record: Buffer) =>
  record.toString('utf8', DIGEST_BYTES).split(SEPARATOR) as [case_id: string, family_id: string, floors?: string]

const digestIn = (record: Buffer): string => `${DIGEST}${record.toString('hex', 0, DIGEST_BYTES)}`

/** No heads yet. `aside`: where they are put, which nobody else closes while they are read. @default memory */
export const caseHeads = (aside = new Records()): RecordList<CaseHead> => new RecordList(aside, HEAD)
