/** `autotune brief`: a folder for a coding agent that is to propose changes, of the search side alone. */
import { join } from 'node:path'
import { readInput } from '../embedded/read-input.ts'
import { briefFiles } from '../steps/agent/brief.ts'
import { parseTarget } from '../steps/experience/parse-documents.ts'
import { soundDocuments } from '../steps/experience/sound-documents.ts'
import { needBriefPlace, writeBrief } from './brief-folder.ts'
import { nextCommand } from './next.ts'
import { isLocal, openToLook, readerOf } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly target: string
  readonly out: string
  readonly cases: number
}

export async function brief({ json, target: file, out, cases, ...o }: Options): Promise<number> {
  const target = parseTarget(readInput(file), file)
  const store = await openToLook(o, terminalProgress())
  try {
    needBriefPlace(out, isLocal(store) ? store.dir : null)
    await soundDocuments(store.objects, target)
    const manifest = await writeBrief(out, briefFiles(store, target, cases))
    const { vault, line } = await readerOf(store)
    const { files, ...told } = manifest
    print(json, { out, vault, ...told, files: Object.keys(files).length + 1 }, () => [
      `brief    ${out}: ${Object.keys(files).length + 1} files about ${manifest.intent}, begin with ${join(out, 'README.md')}`,
      `cases    ${told.cases.told} of ${told.cases.of} of the search side${told.cases.told < told.cases.of ? ' (--cases takes more)' : ''}`,
      `before   ${told.tried.told} changes of ${told.tried.runs} runs and of the inbox, ${told.dead_ends} dead ends`,
      line,
      ...(vault === 'account'
        ? [
            '         an agent under this account can read it too: run it under another user or in a container that sees this folder alone',
          ]
        : []),
      `next     ${nextCommand(o, ['propose', 'FOLDER', '--target', file])}`,
    ])
    return 0
  } finally {
    store.close()
  }
}
