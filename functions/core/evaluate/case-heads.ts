/** Ids, families and digests of many cases as bytes: some 90 a case, where three texts and an object take 300. */
import { type Form, RecordList } from '../bytes/record-list.ts'
import { Records } from '../bytes/records.ts'
import type { CaseHead } from './panel.ts'

const DIGEST = 'sha256:'
const DIGEST_BYTES = 32
/** Names hold no control characters. */
const SEPARATOR = 0

const HEAD: Form<CaseHead> = {
  write({ case_id, family_id, digest, floors }) {
    const seal = Buffer.from(digest.slice(DIGEST.length), 'hex')
    if (seal.length !== DIGEST_BYTES) throw new RangeError(`${case_id}: "${digest}" is no digest`)
    return Buffer.concat([
      seal,
      Buffer.from([case_id, family_id, ...(floors === undefined ? [] : [floors])].join(String.fromCharCode(SEPARATOR))),
    ])
  },
  read(record) {
    const [case_id, family_id, floors] = WORDS.map((_, place) => wordIn(record, place))
    const head = { case_id: case_id!, family_id: family_id!, digest: digestIn(record) }
    return floors === undefined ? head : { ...head, floors }
  },
  field(name) {
    if (name === 'digest') return digestIn as (record: Buffer) => CaseHead[typeof name]
    const place = WORDS.indexOf(name)
    return (record) => wordIn(record, place) as CaseHead[typeof name]
  },
}

const WORDS: readonly string[] = ['case_id', 'family_id', 'floors'] satisfies (keyof CaseHead)[]

/** One of the words of a record, made of its own bytes: cut out of a text of them all, it would keep that text; undefined: there are fewer. */
function wordIn(record: Buffer, place: number): string | undefined {
  let from = DIGEST_BYTES
  for (let before = 0; before < place; before++) {
    const end = record.indexOf(SEPARATOR, from)
    if (end < 0) return undefined
    from = end + 1
  }
  const end = record.indexOf(SEPARATOR, from)
  return record.toString('utf8', from, end < 0 ? record.length : end)
}

const digestIn = (record: Buffer): string => `${DIGEST}${record.toString('hex', 0, DIGEST_BYTES)}`

/** No heads yet. `aside`: where they are put, which nobody else closes while they are read. @default memory */
export const caseHeads = (aside = new Records()): RecordList<CaseHead> => new RecordList(aside, HEAD)
