import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { harnessFiles, readableBy } from '#adapters/local/module/harness-files.ts'
import { aDesk } from './support.ts'

describe('the digest of a harness', () => {
  const digest = (sources: Record<string, string>) => {
    using desk = aDesk()
    for (const [name, source] of Object.entries(sources)) {
      mkdirSync(join(desk.folder, name, '..'), { recursive: true })
      desk.harness(source, name)
    }
    return harnessFiles(join(desk.folder, 'harness.mjs'), desk.store).digest
  }
  const SOURCES = {
    'harness.mjs': `import { a } from './lib/a.ts'\nimport fs from 'node:fs'\nfs.readFileSync(new URL('./data.json', import.meta.url))`,
    'lib/a.ts': `export * from '../b.js'`,
    'b.js': `require('./c')`,
    'c.js': '1',
    'data.json': '{}',
    'other.js': '1',
  }
  const whole = digest(SOURCES)

  test.each(['harness.mjs', 'lib/a.ts', 'b.js', 'c.js', 'data.json'])('changes with %s', (name) => {
    expect(digest({ ...SOURCES, [name]: `${SOURCES[name as 'b.js']} ` })).not.toBe(whole)
  })

  test('is that of the files it names, wherever they lie', () => {
    expect(digest({ ...SOURCES, 'other.js': '2' })).toBe(whole)
  })
})

describe('what a harness may read', () => {
  const readable = (desk: ReturnType<typeof aDesk>, path = desk.harness(''), store = desk.store) =>
    readableBy(harnessFiles(path, store), store, join(store, 'vault'))

  test('its own folder and the packages above it, not the store beside it', () => {
    using desk = aDesk()
    mkdirSync(join(desk.folder, '..', 'node_modules'))
    const paths = readable(desk)

    expect(paths).toContain(desk.folder)
    expect(paths).toContain(join(desk.folder, '..', 'node_modules'))
    expect(paths.some((p) => desk.store.startsWith(p))).toBe(false)
  })

  test('everything in its folder but the store, when the store lies there', () => {
    using desk = aDesk()
    const store = join(desk.folder, 'deep', 'harness')
    mkdirSync(join(store, 'vault'), { recursive: true })
    writeFileSync(join(desk.folder, 'deep', 'notes.txt'), '')
    mkdirSync(join(desk.folder, 'lib'))
    const paths = readable(desk, desk.harness(''), store)

    expect(paths).toEqual(
      expect.arrayContaining([
        join(desk.folder, 'harness.mjs'),
        join(desk.folder, 'lib'),
        join(desk.folder, 'deep', 'notes.txt'),
      ]),
    )
    expect(paths.some((p) => store === p || store.startsWith(`${p}/`))).toBe(false)
  })

  test('a file that it names outside of its folder', () => {
    using desk = aDesk()
    const shared = join(desk.folder, '..', 'shared.mjs')
    writeFileSync(shared, '')

    expect(readable(desk, desk.harness(`import '../shared.mjs'`))).toContain(shared)
  })

  test.each([
    [
      'a symbolic link to the vault',
      (desk: ReturnType<typeof aDesk>) => symlinkSync(join(desk.store, 'vault'), join(desk.folder, 'x')),
    ],
    [
      'a symbolic link to what holds the store',
      (desk: ReturnType<typeof aDesk>) => symlinkSync(join(desk.store, '..'), join(desk.folder, 'x')),
    ],
    [
      'a package that is linked to what holds the store',
      (desk: ReturnType<typeof aDesk>) => {
        mkdirSync(join(desk.folder, 'node_modules', '@me'), { recursive: true })
        symlinkSync(join(desk.store, '..'), join(desk.folder, 'node_modules', '@me', 'x'))
      },
    ],
    [
      'a second name of a file in the vault',
      (desk: ReturnType<typeof aDesk>) => {
        writeFileSync(join(desk.store, 'vault', 'test.jsonl'), 'sealed')
        linkSync(join(desk.store, 'vault', 'test.jsonl'), join(desk.folder, 'x'))
      },
    ],
  ])('%s refuses the start', (_, plant) => {
    using desk = aDesk()
    plant(desk)

    expect(() => readable(desk)).toThrow(/remove it, then start again/)
  })

  test.each([
    ['a folder', (desk: ReturnType<typeof aDesk>) => desk.folder, /is no file: name the file itself/],
    ['nothing', (desk: ReturnType<typeof aDesk>) => join(desk.folder, 'none.ts'), /does not exist/],
    [
      'a file in the store',
      (desk: ReturnType<typeof aDesk>) => {
        writeFileSync(join(desk.store, 'x.mjs'), '')
        return join(desk.store, 'x.mjs')
      },
      /lies in the store/,
    ],
  ])('%s is no harness', (_, path, reason) => {
    using desk = aDesk()

    expect(() => readable(desk, path(desk))).toThrow(reason)
  })
})
