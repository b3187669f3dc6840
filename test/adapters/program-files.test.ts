import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { packageFolders, scriptFile } from '#adapters/local/program-files.ts'

describe('files of this program', () => {
  test('a script is named in the form that is running', () => {
    const script = scriptFile('../../functions/adapters/local/module/host-child.ts', import.meta.url)
    expect(basename(script)).toBe('host-child.ts')
    expect(existsSync(script)).toBe(true)
  })

  test('a package that lies in no folder on the way up is an error with what to do', () => {
    expect(packageFolders('pure-rand')).toEqual([expect.stringMatching(/node_modules\/pure-rand$/)])
    expect(() => packageFolders('not-installed-here')).toThrow(/not-installed-here is not installed/)
  })
})
