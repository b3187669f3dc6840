/** What the import tests share: a folder that goes away, and shorthand around `mapRecords`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type MapOptions, type MappedRecord, mapRecords } from '#adapters/local/import/map-runner.ts'
import { loadMap, type MapSource } from '#adapters/local/import/map-source.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'

export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'autotune-import-'))

  /** Writes a file, with the folders on its way. */
  write(name: string, content: string | Uint8Array): string {
    const file = join(this.path, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    return file
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true })
  }
}

export function jsonl(records: readonly unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('')
}

/** Writes the records (or the text) to a file and maps it. */
export async function mapAll(
  content: string | readonly unknown[],
  map: MapSource | string,
  options?: MapOptions,
): Promise<MappedRecord[]> {
  using folder = new Folder()
  const file = folder.write('in.jsonl', typeof content === 'string' ? content : jsonl(content))
  const mapped: MappedRecord[] = []
  const source = typeof map === 'string' ? { name: 'test', text: map } : map
  for await (const record of mapRecords([file], source, options)) mapped.push(record)
  return mapped
}

/** One synthetic record through a shipped map, which must make one run of it. */
export async function shipped(name: string, record: unknown): Promise<ExperienceRun> {
  const [first, ...rest] = await mapAll([record], loadMap(name))
  if (first?.kind !== 'run') throw new Error(first?.kind === 'error' ? first.error.message : 'skipped')
  if (rest.length > 0) throw new Error('more than one run')
  return first.run
}

/** Files through a shipped map: every run; what is wrong is thrown. */
export async function mapFiles(files: readonly string[], name: string): Promise<ExperienceRun[]> {
  const runs: ExperienceRun[] = []
  for await (const record of mapRecords(files, loadMap(name))) {
    if (record.kind === 'error') throw record.error
    if (record.kind === 'run') runs.push(record.run)
  }
  return runs
}
