/** The documents that a target pins, held to their contracts: a store that was damaged says so before anything rests on them. */
import { ContextPack, PriceTable } from '#schemas/pack.ts'
import { keys } from '#schemas/s3-keys.ts'
import { EvaluatorSuite } from '#schemas/suite.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { DamagedObject } from '../../errors.ts'
import type { ObjectStore } from '../../ports.ts'
import { pinnedDocuments } from './documents.ts'
import { type Contract, fieldPath, problemOf } from './parse.ts'

/** As `pinnedDocuments`; apart from it because of the contracts, which no function of a deployment bundles. Throws DamagedObject. */
export async function soundDocuments(objects: ObjectStore, target: TuningTarget) {
  const { pack, suite, prices } = await pinnedDocuments(objects, target)
  const tuple = target.baseline_tuple
  if (pack) holds(ContextPack, pack, keys.pack(tuple!.pack))
  if (suite) holds(EvaluatorSuite, suite, keys.suite(tuple!.evals))
  if (prices) holds(PriceTable, prices, keys.priceTable(tuple!.price_table!))
  return { pack, suite, prices }
}

function holds(contract: Contract<unknown>, document: unknown, key: string): void {
  const parsed = contract.safeParse(document)
  if (parsed.success) return
  const issue = parsed.error.issues[0]!
  throw new DamagedObject(key, `${fieldPath(issue.path)}: ${problemOf(issue)}`)
}
