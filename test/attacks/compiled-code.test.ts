/** Code that was compiled is kept between starts, where nobody else can put some. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const CLI = fileURLToPath(new URL('../../bin/autotune.mjs', import.meta.url))
const NAME = `autotune-compiled-${process.getuid!()}`

/** Files below the folder after a start whose temporary files lie in `base`. */
function keptAfterStart(base: string): number {
  const env = { ...process.env, TMPDIR: base, NODE_COMPILE_CACHE: undefined }
  execFileSync(process.execPath, ['--disable-sigusr1', CLI, '--version'], { env, stdio: 'pipe' })
  return readdirSync(join(base, NAME), { recursive: true }).length
}

const made = () => mkdtempSync(join(tmpdir(), 'autotune-code-'))

describe('compiled code', () => {
  it('lies in a folder of this account alone, and not where everybody may make one first', () => {
    const base = made()
    expect(keptAfterStart(base)).toBeGreaterThan(10)
    expect(statSync(join(base, NAME)).mode & 0o777).toBe(0o700)
    expect(readdirSync(base)).toEqual([NAME])
  })

  it.each([
    ['others may write into', (folder: string) => chmodSync(mkdirSync(folder, { recursive: true })!, 0o777)],
    ['is a link to elsewhere', (folder: string) => symlinkSync(made(), folder)],
  ])('is neither kept nor read in a folder that %s', (_, make) => {
    const base = made()
    make(join(base, NAME))
    expect(keptAfterStart(base)).toBe(0)
  })
})
