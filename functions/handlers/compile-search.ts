/** Compiles the recorded runs of an intent into the search set that the run will pin. */
import { RunInput, type SearchSetRef } from '#schemas/payloads.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import { makeHandler, type Step } from '../shared/make-handler.ts'
import { refTo } from '../shared/work.ts'
import { compileSearch as compile } from '../steps/compile.ts'

export const compileSearch: Step<RunInput, SearchSetRef> = {
  name: 'compile-search',
  input: RunInput,
  about: ({ run }) => ({ run: run.run_id, intent: run.intent }),
  async work({ run }, { store }) {
    const { ref, digest, cases } = await compile(store, run.intent)
    if (cases === 0)
      throw new UserError(`no recorded run of intent "${run.intent}" is in this store: "autotune import FILE" first`)
    const { version_id } = await refTo(store, keys.goldensAt(run.intent, digest))
    return { ref, digest, cases, version_id }
  },
}

export const handler = makeHandler(compileSearch)
