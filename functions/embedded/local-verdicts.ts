/** Who judges on this machine for evaluators that are asked elsewhere: modules of the user's own in caged processes, models, and JSONata. */
import { availableParallelism } from 'node:os'
import { jsonataVerdicts } from '#adapters/jsonata-verdicts.ts'
import { cageHere } from '#adapters/local/cage/level.ts'
import { ChangedModule, type HarnessFiles, harnessFiles, readableBy } from '#adapters/local/module/harness-files.ts'
import { HarnessHost } from '#adapters/local/module/harness-host.ts'
import { freshNowAndThen, HarnessPool } from '#adapters/local/module/harness-pool.ts'
import { moduleWay } from '#adapters/local/module/way.ts'
import { type AskedEvaluator, noVerdict } from '#core/evaluate/asked.ts'
import { patienceMs, VERDICT_MS } from '#schemas/judge-call.ts'
import type { VerdictSide, VerdictSource } from '../ports.ts'
import { modelVerdicts } from '../steps/replay/model-verdicts.ts'
import { judgedTwice } from '../steps/replay/verdicts.ts'
import type { ModelJudges } from './model-judges.ts'

type ModuleEvaluator = Extract<AskedEvaluator, { check: 'module' }>

type Pool = Pick<HarnessPool<'judge'>, 'map' | 'open' | 'close'>

export interface LocalVerdicts extends VerdictSource, Pick<ModelJudges, 'payNothing' | 'asked'> {
  /** Ends every process. */
  close(): void
}

/** Folders of a store on this machine: no module may read either. */
interface StoreFolders {
  readonly store: string
  readonly vault: string
}

/**
 * The source beside a store. Starts nothing and asks no model before it is asked.
 * @param folders null: the store is a deployment, and its modules are asked here if they lie here with the digest that is pinned
 * @param judges null: no model is asked
 */
export function localVerdicts(folders: StoreFolders | null, judges: ModelJudges | null): LocalVerdicts {
  const store = folders?.store ?? null
  const pools = new Map<string, Pool>()

  /**
   * Processes of one module for one pass over one side: nothing that a held-out case left in memory meets the search. Those of
   * the second pass are started anew now and then: a verdict that rests on what was asked before is told by it.
   */
  function poolOf(evaluator: ModuleEvaluator, side: VerdictSide, pass: 'first' | 'second'): Pool {
    const { module, digest, limit_ms: limitMs = VERDICT_MS } = evaluator
    const name = [module, digest, limitMs, side, pass].join('\n')
    const before = pools.get(name)
    if (before) return before
    const files = pinnedFiles(evaluator, store)
    const readable = readableBy(files, folders?.vault ?? null)
    const start = () => {
      pinnedFiles(evaluator, store)
      return HarnessHost.start(moduleWay(files, readable, 'judge'), 'judge')
    }
    const limits = { concurrency: availableParallelism(), limitMs, patientMs: patienceMs(limitMs) }
    const aPool = () => new HarnessPool<'judge'>(start, limits)
    const made = pass === 'first' ? aPool() : freshNowAndThen(aPool)
    pools.set(name, made)
    return made
  }

  return {
    get cage() {
      return cageHere()
    },

    async judge(question, side) {
      const { evaluator, views } = question
      if (evaluator.check === 'jsonata') return await jsonataVerdicts.judge(question, side)
      if (evaluator.check === 'model')
        return judges
          ? await modelVerdicts(evaluator, views, side, judges.through)
          : await jsonataVerdicts.judge(question, side)
      const name = `the module ${evaluator.module} of ${evaluator.evaluator_id}`
      const asked = await judgedTwice(name, views, side, async (some, pass) => {
        const pool = poolOf(evaluator, side, pass)
        await pool.open()
        return await pool.map(some, (view, ask) => ask({ view }))
      })
      return asked.map((answer) => ('failed' in answer ? noVerdict(answer.failed) : answer))
    },

    async problem(evaluator) {
      if (evaluator.check === 'jsonata') return await jsonataVerdicts.problem(evaluator)
      if (evaluator.check === 'model') return judges ? null : await jsonataVerdicts.problem(evaluator)
      try {
        pinnedFiles(evaluator, store)
        return null
      } catch (error) {
        if (error instanceof ChangedModule) return error.message
        throw error
      }
    },

    payNothing: () => judges?.payNothing() ?? (() => {}),
    asked: async () => (await judges?.asked()) ?? { search: [], sealed: [] },

    close() {
      for (const pool of pools.values()) pool.close()
      pools.clear()
    },
  }
}

/** The files of a module as its suite pins them. Throws UserError where they are others. */
function pinnedFiles({ module, digest, evaluator_id }: ModuleEvaluator, store: string | null): HarnessFiles {
  const files = harnessFiles(module, store, `the module of evaluator ${evaluator_id},`)
  if (files.digest === digest) return files
  throw new ChangedModule(
    `the module ${module} of evaluator ${evaluator_id} is not the one that the suite pins: its digest is ${files.digest}, pinned is ${digest.slice(0, 19)}. Restore it and the local files that it names; or publish the suite under a new version, with this digest`,
  )
}
