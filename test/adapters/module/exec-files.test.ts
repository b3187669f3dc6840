import { chmodSync, linkSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { execFiles, shownTo } from '#adapters/local/module/exec-files.ts'
import { aProgram } from './exec-support.ts'
import { aDesk, type Desk } from './support.ts'

/** Of an interpreter that is small: each look at a script reads the whole of it. */
const SCRIPT = '#!/bin/sh\n'

describe('the digest of a program', () => {
  const digest = (change: (desk: Desk, path: string) => void = () => {}) => {
    using desk = aDesk()
    mkdirSync(join(desk.folder, 'lib', '__pycache__'), { recursive: true })
    for (const name of ['rules.json', 'lib/a.py', 'lib/__pycache__/a.pyc', 'beside.py'])
      writeFileSync(join(desk.folder, name), '1')
    const path = aProgram(desk, SCRIPT)
    writeFileSync(`${path}.files.json`, '["./rules.json", "lib"]')
    change(desk, path)
    const files = execFiles(path, desk.store)
    return {
      digest: files.digest,
      shown: shownTo(files, join(desk.store, 'vault')).map((p) => p.replace(`${desk.folder}/`, '')),
    }
  }
  const whole = digest()

  test.each(['rules.json', 'lib/a.py', 'harness.cjs', 'harness.cjs.files.json', 'lib/new.py'])(
    'changes with %s',
    (name) => {
      const changed = digest((desk, path) => {
        if (name === 'harness.cjs.files.json') writeFileSync(`${path}.files.json`, '["./lib", "./rules.json"] ')
        else writeFileSync(join(desk.folder, name), name === 'harness.cjs' ? `${SCRIPT}1` : '2')
      })
      expect(changed.digest).not.toBe(whole.digest)
    },
  )

  test.each(['beside.py', 'lib/__pycache__/a.pyc'])(
    'does not change with %s, and its process does not see it',
    (name) => {
      expect(digest((desk) => writeFileSync(join(desk.folder, name), '2')).digest).toBe(whole.digest)
      for (const shown of whole.shown) expect(`${name}/`.startsWith(`${shown}/`)).toBe(false)
    },
  )

  test('its process sees what is in it, the interpreter and its libraries', () => {
    for (const name of ['harness.cjs', 'rules.json', 'lib/a.py', realpathSync('/bin/sh')])
      expect(whole.shown).toContain(name)
  })

  test('changes with the bytes and the arguments of the interpreter', () => {
    using desk = aDesk()
    const interpreter = join(desk.folder, 'interpreter')
    const path = aProgram(desk, `#!${interpreter}\n`)
    const digests = ['\x7fELF1', '\x7fELF2'].map((bytes) => {
      writeFileSync(interpreter, bytes)
      chmodSync(interpreter, 0o755)
      return execFiles(path, desk.store)
    })
    expect(digests[0]!.digest).not.toBe(digests[1]!.digest)
    expect(digests[1]!.interpreter).toMatchObject({ path: interpreter, args: [] })
    aProgram(desk, `#!${interpreter} -u\n`)
    expect(execFiles(path, desk.store).digest).not.toBe(digests[1]!.digest)
  })
})

describe('who runs a script', () => {
  const found = (line: string, prepare: (desk: Desk) => void = () => {}) => {
    using desk = aDesk()
    prepare(desk)
    const path = aProgram(desk, `${line.replaceAll('HERE', desk.folder)}\n`)
    const { command } = execFiles(
      path,
      desk.store,
      [join(desk.folder, 'shims'), join(desk.folder, 'bin')].join(delimiter),
    )
    return command.map((word) => word.replace(desk.folder, 'HERE'))
  }
  const plant = (name: string, text: string) => (desk: Desk) => {
    mkdirSync(join(desk.folder, name, '..'), { recursive: true })
    aProgram(desk, text, name)
  }
  const both = (desk: Desk) => {
    plant('shims/python3', '#!/bin/sh\n')(desk)
    plant('bin/python3', '\x7fELF')(desk)
  }

  test('is found on the path, past what is itself a script', () => {
    expect(found('#!/usr/bin/env python3', both)).toEqual(['HERE/bin/python3', 'HERE/harness.cjs'])
    expect(found('#!/usr/bin/env -S python3 -u', both)).toEqual(['HERE/bin/python3', '-u', 'HERE/harness.cjs'])
  })

  test('in an environment of Python is named by the way through it', () => {
    const venv = (desk: Desk) => {
      both(desk)
      mkdirSync(join(desk.folder, 'venv', 'bin'), { recursive: true })
      writeFileSync(join(desk.folder, 'venv', 'pyvenv.cfg'), '')
      symlinkSync('../../bin/python3', join(desk.folder, 'venv', 'bin', 'python3'))
    }
    expect(found('#!HERE/venv/bin/python3', venv)).toEqual(['HERE/venv/bin/python3', 'HERE/harness.cjs'])
  })

  test.each([
    [
      'a script alone',
      '#!/usr/bin/env python3',
      plant('shims/python3', '#!/bin/sh\n'),
      /python3 is itself a script: write the path/,
    ],
    ['nobody', '#!/usr/bin/env python3', () => {}, /no program python3 is installed/],
    ['a path that is not whole', '#!python3', () => {}, /write the whole path/],
    ['a path to nothing', '#!/usr/bin/nowhere', () => {}, /is no program on this machine/],
    ['a variable', '#!/usr/bin/env A=1 python3', () => {}, /only "#!\/usr\/bin\/env NAME" is understood/],
  ])('named as %s is refused', (_, line, prepare, reason) => {
    expect(() => found(line, prepare)).toThrow(reason)
  })
})

describe('what is no harness', () => {
  test.each<[string, (desk: Desk) => string, RegExp]>([
    ['nothing', (desk) => join(desk.folder, 'none.py'), /the harness .*none\.py does not exist/],
    ['a folder', (desk) => desk.folder, /is no file/],
    ['a file that may not be started', (desk) => desk.harness(SCRIPT, 'plain.py'), /is not executable: chmod \+x/],
    ['a script that names nobody', (desk) => aProgram(desk, 'print(1)\n'), /begin it with a line such as/],
    [
      'one in the store',
      (desk) => {
        writeFileSync(join(desk.store, 'x'), SCRIPT)
        chmodSync(join(desk.store, 'x'), 0o755)
        return join(desk.store, 'x')
      },
      /lies in the store/,
    ],
    [
      'one with a second name of a file in the vault beside it',
      (desk) => {
        writeFileSync(join(desk.store, 'vault', 'test.jsonl'), 'sealed')
        linkSync(join(desk.store, 'vault', 'test.jsonl'), join(desk.folder, 'x'))
        return declaring(desk, '["x"]')
      },
      /remove it, then start again/,
    ],
    [
      'one that declares no JSON',
      (desk) => declaring(desk, '["x"'),
      /harness\.cjs\.files\.json: it is no JSON .*write a list/,
    ],
    ['one that declares no list', (desk) => declaring(desk, '{"files":[]}'), /it is no list of at most 1000 paths/],
    [
      'one that declares what is not there',
      (desk) => declaring(desk, '["./gone.py"]'),
      /"\.\/gone\.py" does not exist/,
    ],
    [
      'one that declares what can be read for ever',
      (desk) => declaring(desk, '["/dev/zero"]'),
      /neither a file nor a folder/,
    ],
    [
      'one that declares the store',
      (desk) => declaring(desk, `[${JSON.stringify(desk.store)}, "../store"]`),
      /lies in the store/,
    ],
  ])('%s is refused', (_, path, reason) => {
    using desk = aDesk()
    writeFileSync(join(desk.store, 'held.jsonl'), '1')
    expect(() => {
      const files = execFiles(path(desk), desk.store)
      shownTo(files, join(desk.store, 'vault'))
    }).toThrow(reason)
  })

  const declaring = (desk: Desk, text: string): string => {
    const path = aProgram(desk, SCRIPT)
    writeFileSync(`${path}.files.json`, text)
    return path
  }
})
