import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { cacheFolder, makeFolder } from './index.ts'

const temporary = (): string => mkdtempSync(join(tmpdir(), 'resfn-cache-'))

describe('cacheFolder', () => {
  it('is below the folder of the user', () => {
    expect(cacheFolder('fashion-mnist')).toMatch(/resfn[\\/](?:Cache[\\/])?fashion-mnist$/)
  })
})

describe('makeFolder', () => {
  it('makes what does not exist, and leaves what does', async () => {
    const path = join(temporary(), 'a', 'b', 'c')
    expect(await makeFolder(path)()).toEqual(E.right(undefined))
    expect(await makeFolder(path)()).toEqual(E.right(undefined))
    expect(statSync(path).isDirectory()).toBe(true)
  })

  it('may run twice at once', async () => {
    const path = join(temporary(), 'a', 'b', 'c')
    expect(await Promise.all([makeFolder(path)(), makeFolder(path)()])).toEqual([
      E.right(undefined),
      E.right(undefined),
    ])
  })

  it('names the file that stands in the way', async () => {
    const file = join(temporary(), 'file')
    writeFileSync(file, '')
    for (const path of [file, join(file, 'below')])
      expect(await makeFolder(path)()).toMatchObject({
        left: {
          code: 'ENOTDIR',
          where: file,
          message: `cannot make the folder ${file}: there is a file of this name; choose another place`,
        },
      })
  })

  it.each([
    ['EROFS', 'the file system is read-only'],
    ['EACCES', 'access is not permitted; check the permissions of the folder above it'],
    ['ENOSPC', 'the disk is full'],
    ['EIO', 'EIO: no'],
  ])('says why where the first folder fails with %s', async (code, reason) => {
    const parent = temporary()
    const failing = {
      stat,
      mkdir: async () => {
        throw Object.assign(new Error(`${code}: no`), { code })
      },
    }
    expect(await makeFolder(join(parent, 'a', 'b'), failing)()).toMatchObject({
      left: {
        _tag: 'CannotMakeFolder',
        code,
        where: join(parent, 'a'),
        message: expect.stringContaining(reason) as string,
      },
    })
  })

  it.runIf(process.platform === 'linux')('ends where the system allows no folder', async () => {
    expect(await makeFolder('/proc/resfn/run')()).toMatchObject({
      left: { where: '/proc/resfn', message: expect.stringContaining('choose another place') as string },
    })
  })

  it('takes a folder that another process made in the meantime', async () => {
    const path = join(temporary(), 'a')
    const late = {
      stat,
      mkdir: async (wanted: string) => {
        await mkdir(wanted)
        throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' })
      },
    }
    expect(await makeFolder(path, late)()).toEqual(E.right(undefined))
  })
})
