/** The verbs that show, recompute and export what a store holds: argument parsing only. */
import { isDeployed } from '../functions/cli/store-options.ts'
import { UserError } from '../functions/errors.ts'
import { noCage } from './arguments.ts'
import { loaded } from './loaded.ts'
import type { AddVerb } from './verb.ts'

export function lookVerbs(verb: AddVerb, state: { code: number }): void {
  verb('list', 'runs of this store with their verdicts', 'autotune list --json\nautotune list --stack Autotune').action(
    async (o) => {
      state.code = await (await loaded(import('../functions/cli/inspect.ts'))).list(o)
    },
  )
  verb(
    'show <run>',
    'one run: verdict, fates, certificate, files; or the five files of a recorded run',
    'autotune show at_2026_11_23_refund_cents\nautotune show run_2026_05_12_1 --files ./run_2026_05_12_1',
  )
    .option('--files <dir>', 'RUN is a recorded run: write its five files into this folder')
    .action(async (run, o) => {
      state.code =
        o.files === undefined
          ? await (await loaded(import('../functions/cli/inspect.ts'))).show(run, o)
          : await (await loaded(import('../functions/cli/show-files.ts'))).showFiles(run, o)
    })
  verb(
    'explain <what> [candidate]',
    'why a run proposed this or nothing: what became of its candidates, or of one of them; or why a pack version exists',
    'autotune explain at_2026_11_23_refund_cents\nautotune explain at_2026_11_23_refund_cents c_b3026bc1e191\nautotune explain ctxpack.support@5.3.0',
  )
    .option('--all', 'every candidate, and not only the best of those that share a fate', false)
    .action(async (what: string, candidate: string | undefined, { all, ...o }) => {
      state.code = what.includes('@')
        ? await (await loaded(import('../functions/cli/explain-version.ts'))).explainPack(what, o)
        : await (await loaded(import('../functions/cli/explain.ts'))).explain(what, candidate, { all, ...o })
    })
  verb(
    'case <id>',
    'one recorded case of the search side: request, context, steps, outcome; with --run also what a candidate makes of it',
    'autotune case refund-000057\nautotune case refund-000057 --run at_2026_11_23_refund_cents --candidate c_14e0c8841848',
  )
    .option('--run <run>', 'its context and verdicts before and after the change that this run found')
    .option('--candidate <id>', 'with --run: another candidate of that run (default: the winner)')
    .option(
      '--by <person>',
      'who looks; it is noted, and the family is never sealed (default: the user of this terminal)',
    )
    .action(async (id, o) => {
      state.code = await (await loaded(import('../functions/cli/case.ts'))).caseVerb(id, o)
    })
  verb(
    'verify [run]',
    'recompute a run from its pinned inputs and compare bytes; without a run: the whole store against its journal of heads',
    'autotune verify at_2026_11_23_refund_cents\nautotune verify --store ./harness\nautotune verify --anchor /media/usb/heads.jsonl\nautotune verify --cadence 2026-11-28 --bands bands.json',
  )
    .option('--anchor <place>', 'without a run: heads that "anchor publish" kept, a file or s3://BUCKET/PREFIX')
    .option('--cadence <day>', 'the judged day and the week of that date in place of a run')
    .option('--bands <file>', 'with --cadence: the bands it was judged by, to recompute it from what is on record')
    .addOption(noCage())
    .action(async (run: string | undefined, { anchor, cadence, bands, ...o }) => {
      if (run !== undefined && anchor !== undefined)
        throw new UserError('--anchor is about the whole store: leave the run out')
      if (cadence !== undefined) {
        if (run !== undefined || anchor !== undefined)
          throw new UserError('--cadence is about a judged day: leave the run and --anchor out')
        state.code = await (await loaded(import('../functions/cli/cadence/verify.ts'))).verifyCadence(cadence, {
          bands,
          ...o,
        })
        return
      }
      if (bands !== undefined) throw new UserError('--bands is of --cadence DATE')
      state.code =
        run === undefined
          ? await (await loaded(import('../functions/cli/verify-store.ts'))).verifyStore({ anchor, ...o })
          : await (await loaded(import('../functions/cli/verify.ts'))).verify(run, o)
    })
  verb(
    'export',
    'the store as tables for SQL: one document a line by day and intent, with views for DuckDB and the queries that auditors ask; nothing sealed',
    'autotune export --jsonl ./audit\nautotune export --jsonl ./audit --intent support.refund --since 2026-11-01\nautotune export --jsonl ./audit --stack Autotune\nThe same command again writes what changed; docs/access-patterns.md has tables and queries',
  )
    .requiredOption('--jsonl <dir>', 'folder to write; an earlier export there is brought up to date')
    .option('--intent <id>', 'of this intent alone, and what is of no single one')
    .option('--since <day>', 'leave earlier days of runs, candidates and production as they stand in the folder')
    .action(async (o) => {
      state.code = await (await loaded(import('../functions/cli/export.ts'))).exportVerb(o)
    })
  verb(
    'report [what]',
    'one self-contained HTML file of a run (change, cases, search, proof, provenance) or of a rollout, to mail and to keep; with --intent a month of control charts',
    'autotune report at_2026_11_23_refund_cents\nautotune report ro_at_2026_11_23_refund_cents\nautotune report at_2026_11_23_refund_cents --out refunds.html --redact\nautotune report at_2026_11_23_refund_cents --json\nautotune report --intent support.refund --month 2026-11 --html november.html\nautotune report --intent support.refund --stack Autotune',
  )
    .option('--out <file>', 'file to write (default: ID.html; with --json and without --out the facts are printed)')
    .option('--redact', 'leave out every recorded text; ids and figures stay', false)
    .option('--intent <id>', 'a month of this intent in place of a run: what moved, and what was done about it')
    .option('--month <month>', 'which one, as 2026-11 (default: that of the newest judged day)')
    .option('--html <file>', 'file to write its control charts to (default: the month is printed)')
    .action(async (what, o) => {
      const month = await loaded(import('../functions/cli/report-month.ts'))
      month.needMonthOptions({ what, ...o })
      if (what !== undefined && isDeployed(o))
        throw new UserError(
          `"autotune report ${what}" works on a folder, not on a deployment in AWS: only --intent does`,
        )
      state.code =
        what === undefined
          ? await month.reportMonth(o)
          : await (await loaded(import('../functions/cli/write-report.ts'))).writeReport(what, o)
    })
}
